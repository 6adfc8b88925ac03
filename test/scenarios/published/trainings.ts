/** @file Order and balance of the data, dropout, penalties, clipping. */
import { at, bell, chance, rows } from '../numbers.ts';
import { adam, type Config, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  digits,
  dropout,
  glorot,
  inline,
  keras,
  layer,
  type Published,
  pool,
  run,
  stackoverflow,
  umlaut,
} from './parts.ts';

const sortedClusters = (() => {
  const { inputs, labels } = clusters(2000, 8, 8, 0.8);
  const order = labels.map((_, i) => i).sort((a, b) => at(labels, a) - at(labels, b));
  return { inputs: order.map((i) => inputs[i]), labels: order.map((i) => at(labels, i)) };
})();
const notShuffled: Published = {
  name: 'loader-without-shuffle',
  source: stackoverflow(54354465),
  accepted: 'shuffle=False and classes one after the other',
  labels: [['unshuffled_data']],
  half: 'develop',
  experiment: run(
    [8],
    [layer(32, 'relu'), layer(8)],
    inline(sortedClusters.inputs, sortedClusters.labels, { shuffle: false, validation_split: 0 }),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.3), steps: 250 },
  ),
  twin: run(
    [8],
    [layer(32, 'relu'), layer(8)],
    inline(sortedClusters.inputs, sortedClusters.labels, { validation_split: 0 }),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.3), steps: 250 },
  ),
};

const rareData = (() => {
  const inputs = rows(900, 8).map((row, i) =>
    i % 12 === 0 ? row.map((x, j) => (j < 2 ? x + 1.1 : x)) : row,
  );
  return { inputs, targets: inputs.map((_, i) => Number(i % 12 === 0)) };
})();
const onlyNegatives: Published = {
  name: 'everything-is-negative',
  source: 'https://datascience.stackexchange.com/questions/19283',
  accepted: 'classes are unequal: only the bias is learned, no positive is found',
  labels: [['class_imbalance']],
  half: 'develop',
  experiment: run(
    [8],
    [layer(8, 'relu'), layer(8, 'relu'), layer(8, 'relu'), layer(1, 'sigmoid')],
    inline(rareData.inputs, rareData.targets),
    bce(adam(0.001), { batch_size: 128, steps: 120 }),
  ),
};

const heavyDropout: Published = {
  name: 'dropout-of-0.8',
  source: umlaut,
  accepted: 'a dropout rate of 0.8: little is left to learn from',
  labels: [['excessive_dropout']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(32, 'relu'), dropout(0.8), layer(32, 'relu'), dropout(0.8), layer(10, 'softmax')],
    digits(),
    cce(adam(0.001), { steps: 250 }),
  ),
};

const clippedToNothing: Published = {
  name: 'clipped-to-nothing',
  source: 'https://stats.stackexchange.com/questions/487173',
  accepted: 'the clipping norm is too small: training is too slow',
  labels: [['excessive_clipping']],
  half: 'judge',
  experiment: run([64], [layer(64, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.05),
    gradient_clipping: { type: 'global_norm', max_norm: 0.001 },
    steps: 300,
  }),
};

const heavyDecay: Published = {
  name: 'weights-decay-to-zero',
  source:
    'https://jamesmccaffrey.wordpress.com/2017/03/20/experimenting-with-neural-network-l2-regularization/',
  accepted: 'the decay is too strong: all weights go to 0 and training stalls',
  labels: [['excessive_regularization']],
  half: 'develop',
  experiment: run(
    [4],
    [layer(16, 'tanh'), layer(3)],
    { type: 'iris', standardize: true },
    {
      loss: 'softmax_cross_entropy',
      optimizer: { type: 'adamw', learning_rate: 0.01, weight_decay: 10 },
      steps: 300,
    },
  ),
};

const heavyL2: Published = {
  name: 'weight-decay-of-0.5',
  source: 'https://github.com/BVLC/caffe/issues/1396',
  accepted: 'a weight decay of 0.5 takes all weights to 0: 0.0005',
  labels: [['excessive_regularization']],
  half: 'judge',
  experiment: run([64], [layer(64, 'relu'), layer(32, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.01, 0.9),
    regularization: { l2: 0.25 },
    steps: 300,
  }),
};

/** Bars that stand or lie. */
const bars = (count: number, size: number) =>
  Array.from({ length: count }, (_, i) => {
    const where = Math.floor(size * chance(i + 5));
    return [
      Array.from({ length: size }, (__, y) =>
        Array.from(
          { length: size },
          (___, x) => 0.2 * bell(1000 * i + size * y + x) + Number((i % 2 === 0 ? y : x) === where),
        ),
      ),
    ];
  });
const strided = (filters: number): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 4,
  stride: 2,
  padding: 'same',
  ...glorot,
});
const leaky: Config = { type: 'activation', activation: { type: 'leaky_relu', negative_slope: 0.2 } };
const chairs = bars(64, 12);
const fortySteps: Published = {
  name: 'batch-norm-after-forty-steps',
  source: keras(6014),
  accepted: 'right in training, chance in evaluation of the same images: the running averages lag behind',
  labels: [['inference_mismatch']],
  half: 'develop',
  experiment: run(
    [1, 12, 12],
    [strided(5), leaky, strided(10), { type: 'batch_norm' }, leaky, { type: 'flatten' }, layer(1, 'sigmoid')],
    inline(
      chairs,
      chairs.map((_, i) => i % 2),
      { validation_split: 0 },
    ),
    bce(adam(0.01), { batch_size: 8, steps: 40 }),
  ),
};

const single = bars(128, 8);
const oneBatch: Published = {
  name: 'one-batch-through-batch-norm',
  source: keras(7265),
  accepted: 'the same batch has another loss in evaluation: averages of one batch, after few steps',
  labels: [['inference_mismatch']],
  half: 'judge',
  experiment: run(
    [1, 8, 8],
    [
      conv(8, { activation: 'linear' }),
      { type: 'batch_norm' },
      { type: 'activation', activation: 'relu' },
      pool,
      conv(16, { activation: 'linear' }),
      { type: 'batch_norm' },
      { type: 'activation', activation: 'relu' },
      { type: 'flatten' },
      layer(2, 'softmax'),
    ],
    inline(
      single,
      single.map((_, i) => i % 2),
      { validation_split: 0 },
    ),
    cce(adam(0.001), { batch_size: 128, steps: 40 }),
  ),
};

export const trainings: readonly Published[] = [
  notShuffled,
  onlyNegatives,
  heavyDropout,
  clippedToNothing,
  heavyDecay,
  heavyL2,
  fortySteps,
  oneBatch,
];
