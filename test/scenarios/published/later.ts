/** @file Reports that were added after all others, of every theme: none was at hand while a rule was made. */
import { at, bell, chance, even, rows } from '../numbers.ts';
import { adam, type Config, dense, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  glorot,
  inline,
  layer,
  mse,
  type Published,
  pool,
  run,
  stackoverflow,
} from './parts.ts';

const torch: Config = { kernel_initializer: 'torch_default', bias_initializer: 'torch_default' };

const peptides = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) => Math.floor(20 * chance(12 * i + t + 31_000))),
);
const masses = peptides.map((peptide) => [
  0.3 + peptide.reduce((sum, acid, t) => sum + (acid * (t < 6 ? 1 : 0.5)) / 300, 0),
]);
const crossSection = (last: Config) =>
  run(
    [12],
    [
      { type: 'embedding', vocabulary: 20, dimensions: 16 },
      { type: 'lstm', units: 32 },
      layer(16, 'relu'),
      last,
    ],
    inline(peptides, masses),
    mse(adam(0.003), { steps: 400 }),
    { dtype: 'token' },
  );
const reluBehindLstm: Published = {
  name: 'lstm-that-gives-0-for-every-peptide',
  source: 'https://github.com/ProteomicsML/ProteomicsML/pull/203',
  accepted:
    'ReLU at the output: after an unlucky draw it is negative for every input, and no gradient passes',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'develop',
  experiment: crossSection(dense(1, 'relu', { kernel_initializer: { type: 'uniform', min: -0.6, max: 0 } })),
  twin: crossSection(layer(1)),
};

const words = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 40 }, (__, t) => Math.floor(30 * chance(40 * i + t + 52_000))),
);
const cells = (activation: string) =>
  run(
    [40],
    [
      { type: 'embedding', vocabulary: 30, dimensions: 16, table_initializer: { type: 'normal', stddev: 1 } },
      { type: 'lstm', units: 48, activation, return_sequences: true },
      { type: 'lstm', units: 10, activation },
      layer(3, 'softmax'),
    ],
    inline(
      words,
      words.map((word) => (word[39] ?? 0) % 3),
    ),
    cce(sgd(1), { steps: 200 }),
    { dtype: 'token' },
  );
const reluCells: Published = {
  name: 'nan-with-relu-in-lstm-cells',
  source: stackoverflow(55322991),
  accepted: 'ReLU in the cells: states only grow, and the gradient explodes; tanh',
  labels: [['exploding_gradient', 'non_finite_values', 'update_ratio']],
  half: 'judge',
  experiment: cells('relu'),
  twin: cells('tanh'),
};

const waves = even(600, 4, -1, 1);
const decayed = (step_size: number) =>
  run(
    [4],
    [layer(48, 'relu'), layer(48, 'relu'), layer(1)],
    inline(
      waves,
      waves.map((row) => Math.sin(3 * at(row, 0)) + at(row, 1) * at(row, 2)),
    ),
    mse(adam(0.003), { steps: 600, learning_rate_schedule: { type: 'step', step_size, gamma: 0.1 } }),
  );
const everyBatch: Published = {
  name: 'scheduler-stepped-at-every-batch',
  source: 'https://github.com/Lornatang/SRGAN-PyTorch/issues/1',
  accepted: 'the schedule counts epochs and is called at every batch: after a few steps the rate is 0',
  labels: [['slow_convergence', 'update_ratio', 'unchanged_parameters']],
  half: 'develop',
  experiment: decayed(3),
  twin: decayed(300),
};

const forces = even(500, 3, -1, 1);
const energies = forces.map((row) => 12 * at(row, 0) - 7 * at(row, 1) ** 2 + 5 * at(row, 2));
const energy = (offset: number) =>
  run(
    [3],
    [layer(5, 'tanh'), layer(5, 'tanh'), layer(1)],
    inline(
      forces,
      energies.map((value) => (offset === 0 ? value / 12 : value + offset)),
    ),
    mse(adam(0.01), { steps: 800 }),
  );
const minus2700: Published = {
  name: 'targets-near-minus-2700',
  source: 'https://discuss.pytorch.org/t/scaling-target-variables/41046',
  accepted:
    'targets far from 0: the prediction gets no further than their mean, and tanh saturates; scale them',
  labels: [['unscaled_targets']],
  half: 'judge',
  experiment: energy(-2700),
  twin: energy(0),
};

const LABELS = 200;
const topics = Array.from({ length: LABELS }, (_, label) =>
  Array.from({ length: 24 }, (__, j) => bell(60 * label + j + 40_000)),
);
const documents = Array.from({ length: 1000 }, (_, i) => Math.floor(LABELS * chance(i + 88_000)));
const manyLabels: Published = {
  name: 'five-hundred-labels-all-0',
  source: 'https://github.com/appvision-ai/fast-bert/issues/52',
  accepted:
    'one of hundreds of labels is positive: the longer it trains, the more is 0; weigh the positive ones',
  labels: [['class_imbalance']],
  half: 'judge',
  experiment: run(
    [24],
    [layer(32, 'relu'), layer(LABELS, 'sigmoid')],
    inline(
      documents.map((label, i) => (topics[label] ?? []).map((x, j) => x + bell(24 * i + j))),
      documents.map((label) => Array.from({ length: LABELS }, (_, j) => Number(j === label))),
    ),
    bce(adam(0.001), { batch_size: 64, steps: 500 }),
  ),
};

const shapes = (() => {
  const { inputs, labels } = clusters(1200, 36, 10, 1);
  const order = labels.map((_, i) => i).sort((a, b) => at(labels, a) - at(labels, b));
  return { inputs: order.map((i) => inputs[i]), labels: order.map((i) => at(labels, i)) };
})();
const record = (shuffle: boolean) =>
  run(
    [1, 6, 6],
    [conv(8), pool, { type: 'flatten' }, layer(10)],
    inline(shapes.inputs, shapes.labels, { shuffle, validation_split: 0 }),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.1, 0.9), steps: 300 },
  );
const recordFile: Published = {
  name: 'record-file-in-the-order-of-folders',
  source: 'https://github.com/apache/mxnet/issues/4220',
  accepted: 'the list was not shuffled before the record file was written',
  labels: [['unshuffled_data']],
  half: 'develop',
  experiment: record(false),
  twin: record(true),
};

const factors = even(600, 2, 0, 100);
const products = factors.map((row) => at(row, 0) * at(row, 1));
const productOf = (scale: number, optimizer: Config, kernel: Config) =>
  run(
    [2],
    [dense(30, 'sigmoid', kernel), layer(1)],
    inline(
      factors.map((row) => row.map((x) => x / scale)),
      products.map((product) => product / scale ** 2),
    ),
    mse(optimizer, { batch_size: 16, steps: 800 }),
  );
const rawProduct: Published = {
  name: 'product-of-raw-numbers',
  source: 'https://intellipaat.com/community/11039/',
  accepted:
    'no normalization: the large gradient drives all hidden units to where theirs is 0; divide by a constant',
  labels: [['unscaled_targets', 'unscaled_inputs']],
  half: 'develop',
  experiment: productOf(1, sgd(0.005), { kernel_initializer: { type: 'uniform', min: -0.1, max: 0.1 } }),
  twin: productOf(100, adam(0.02), glorot),
};

const angles = even(400, 1, -3, 3);
const sineBehind = (activation: string) =>
  run(
    [1],
    [layer(25, 'tanh'), layer(1, activation)],
    inline(
      angles,
      angles.map((row) => [Math.sin(at(row, 0))]),
    ),
    mse(adam(0.01), { steps: 600 }),
  );
const boundedSine: Published = {
  name: 'sine-behind-a-sigmoid',
  source: 'https://datascience.stackexchange.com/questions/10703',
  accepted: 'the range of the last activation is not that of the function: half of the sine is below 0',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: sineBehind('sigmoid'),
  twin: sineBehind('linear'),
};

const corners = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const xorWith = (units: number, activation: string, seed: number): Config => ({
  ...run(
    [2],
    [
      dense(units, activation, {
        kernel_initializer: 'he_normal',
        bias_initializer: { type: 'constant', value: 0.01 },
      }),
      dense(1, 'sigmoid', {
        kernel_initializer: 'he_normal',
        bias_initializer: { type: 'constant', value: 0.01 },
      }),
    ],
    inline(
      corners,
      [0, 1, 1, 0].map((t) => [t]),
      { validation_split: 0 },
    ),
    bce(adam(0.01), { batch_size: 4, steps: 1500 }),
  ),
  seed,
});
const twoRelus: Published = {
  name: 'two-relus-for-xor',
  source: 'https://juejin.cn/post/7449652882648940555',
  accepted: 'some seeds do not learn: a ReLU is dead',
  labels: [['dead_units']],
  half: 'develop',
  experiment: xorWith(2, 'relu', 1),
  twin: xorWith(8, 'tanh', 1),
};

const plane = rows(500, 2);
const timesAt = (learning_rate: number) =>
  run(
    [2],
    [layer(40, 'relu'), layer(40, 'relu'), layer(1)],
    inline(
      plane.map((row) => row.map((x) => 3 * x)),
      plane.map((row) => 9 * at(row, 0) * at(row, 1)),
    ),
    mse(sgd(learning_rate), { steps: 500 }),
  );
const divergingProduct: Published = {
  name: 'product-of-two-diverges',
  source: 'https://datascience.stackexchange.com/questions/12854',
  accepted: 'the loss diverges: the learning rate is too high',
  labels: [['exploding_gradient', 'non_finite_values', 'update_ratio', 'sharpness', 'unstable_loss']],
  half: 'judge',
  experiment: timesAt(0.2),
  twin: timesAt(0.003),
};

const siamese = (initializer: Config, optimizer: Config) =>
  run(
    [1, 8, 8],
    [
      conv(8, initializer),
      conv(8, initializer),
      pool,
      conv(16, initializer),
      conv(16, initializer),
      pool,
      { type: 'flatten' },
      dense(64, 'relu', initializer),
      dense(10, 'linear', initializer),
    ],
    { type: 'digits', scale: 1 / 16 },
    { loss: 'softmax_cross_entropy', optimizer, steps: 250 },
  );
const vanillaRelu: Published = {
  name: 'relu-instead-of-prelu-stays-at-2.3',
  source: 'https://github.com/adambielski/siamese-triplet/issues/17',
  accepted:
    'with ReLU the weights have to be drawn for it (Kaiming): from the default ones too little passes',
  labels: [['vanishing_gradient', 'poor_initialization']],
  half: 'judge',
  experiment: siamese(torch, sgd(0.01)),
  twin: siamese({ kernel_initializer: 'he_normal' }, sgd(0.05)),
};

const parabola = Array.from({ length: 100 }, (_, i) => [0.01 * i]);
const square = (learning_rate: number, steps: number) =>
  run(
    [1],
    [layer(16, 'relu'), layer(16, 'relu'), dense(1, 'linear', glorot)],
    inline(
      parabola,
      parabola.map((row) => (at(row, 0) - 0.5) ** 2),
      { validation_split: 0 },
    ),
    mse(learning_rate === 0.001 ? sgd(0.001) : adam(learning_rate), { batch_size: 100, steps }),
  );
const slowParabola: Published = {
  name: 'parabola-at-rate-0.001',
  source: 'https://stats.stackexchange.com/questions/280372',
  accepted:
    'it gets no further than a line: the rate of 0.001 is too low for plain descent, or it stops too early',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: square(0.001, 1000),
  twin: square(0.01, 1000),
};

const thousands = Array.from({ length: 100 }, (_, i) => [(i - 49.5) / 28.87]);
const linearLayers: Published = {
  name: 'two-linear-units-diverge',
  source: 'https://stats.stackexchange.com/questions/418955',
  accepted: 'the targets reach 10,000 and are not scaled: only a very low rate does not diverge',
  labels: [['unscaled_targets']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1), layer(1)],
    inline(
      thousands,
      thousands.map((_, i) => i ** 2 + 3),
      { validation_split: 0 },
    ),
    mse(sgd(0.01), { steps: 300 }),
  ),
};

const seven = [-1, 0, 1, 2, 3, 4, 5].map((x) => [x]);
const onALine = (layers: readonly Config[], optimizer: Config) => ({
  ...run(
    [1],
    layers,
    inline(
      seven,
      seven.map(([x = 0]) => [2 * x - 1]),
      { validation_split: 0 },
    ),
    mse(optimizer, { batch_size: 7, steps: 500 }),
  ),
  seed: 3,
});
const relusOnALine: Published = {
  name: 'four-two-one-relus-on-a-line',
  source: 'https://community.deeplearning.ai/t/loss-values-do-not-change/324182',
  accepted: 'ReLU at the output and in layers of two units: most draws are dead from the start',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'develop',
  experiment: onALine([layer(4, 'relu'), layer(2, 'relu'), layer(1, 'relu')], adam(0.001)),
  twin: onALine([layer(8, 'tanh'), layer(1)], adam(0.02)),
};

export const later: readonly Published[] = [
  reluBehindLstm,
  reluCells,
  everyBatch,
  minus2700,
  manyLabels,
  recordFile,
  rawProduct,
  boundedSine,
  twoRelus,
  divergingProduct,
  vanillaRelu,
  slowParabola,
  linearLayers,
  relusOnALine,
];
