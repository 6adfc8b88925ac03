/** @file Twelve reports more, of rates, steps, layers and what holds a training back. Written down before the service was asked. */
import { at, bell, chance, rows } from '../numbers.ts';
import { adam, type Config, dense, residual, sgd } from '../scenario.ts';
import { conv, digits, dropout, github, inline, layer, mse, type Published, pool, run } from './parts.ts';

const act = (activation: string): Config => ({ type: 'activation', activation });
const flat: Config = { type: 'flatten' };
const up: Config = { type: 'up_sampling2d', size: 2 };
const grid = (of: (y: number, x: number) => number) => [
  Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (__, x) => of(y, x))),
];

const cifar = (rate: number) =>
  run(
    [1, 8, 8],
    [
      conv(16, { kernel_size: 4, stride: 2 }),
      conv(32, { stride: 2, padding: 'valid' }),
      { type: 'conv2d', filters: 32, kernel_size: 1, activation: 'relu' },
      flat,
      layer(10),
    ],
    digits(),
    { loss: 'softmax_cross_entropy', optimizer: adam(rate), batch_size: 64, steps: 200 },
  );
const attacked: Published = {
  name: 'cifar-example-at-rate-0.1',
  source: 'https://github.com/cleverhans-lab/cleverhans/pull/220',
  accepted: 'the accuracy does not change from epoch to epoch: a rate of 0.1, where 0.001 works',
  labels: [['update_ratio', 'exploding_gradient', 'unstable_loss', 'sharpness']],
  half: 'develop',
  experiment: cifar(0.1),
  twin: cifar(0.001),
};

const hills = Array.from({ length: 300 }, (_, i) => {
  const [cy, cx] = [7 * chance(i + 140_000), 7 * chance(i + 141_000)];
  const near = (y: number, x: number) => (y - cy) ** 2 + (x - cx) ** 2;
  return {
    image: grid((y, x) => Math.exp(-near(y, x)) + 0.1 * bell(64 * i + 8 * y + x + 142_000)),
    depth: grid((y, x) => Math.exp(-near(y, x) / 4)),
  };
});
const depth = (l2: number) =>
  run(
    [1, 8, 8],
    [
      conv(8, { stride: 2 }),
      conv(16),
      up,
      conv(8),
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same' },
    ],
    inline(
      hills.map(({ image }) => image),
      hills.map(({ depth: target }) => target),
    ),
    { loss: 'mean_absolute_error', optimizer: adam(0.003), steps: 300, regularization: { l2 } },
  );
const decayed: Published = {
  name: 'depth-network-under-a-decay-of-0.05',
  source: github('tinghuiz/SfMLearner', 34),
  accepted: 'a weight decay of 0.05, where 5e-5 to 5e-4 is usual: the networks just go to zero',
  labels: [['excessive_regularization']],
  half: 'judge',
  experiment: depth(0.05),
  twin: depth(0),
};

/** Two dots; the class says whether they lie in the same half. (At its first run there was one, of which every class is linear.) */
const dots = Array.from({ length: 500 }, (_, i) => {
  const [left, right] = [0, 1].map((which) => ({
    y: Math.floor(8 * chance(2 * i + which + 143_000)),
    x: Math.floor(8 * chance(2 * i + which + 144_500)),
  })) as [{ y: number; x: number }, { y: number; x: number }];
  return {
    image: grid((y, x) => [left, right].filter((dot) => dot.y === y && dot.x === x).length),
    label: Number(left.x < 4 === right.x < 4),
  };
});
const searched = (activation: string) =>
  run(
    [1, 8, 8],
    [
      ...[8, 8].flatMap((filters) => [
        conv(filters, { activation: 'linear' }),
        { type: 'batch_norm', momentum: 0.9 },
        act(activation),
      ]),
      { type: 'average_pool2d', pool_size: 2 },
      flat,
      layer(32, activation),
      layer(2),
    ],
    inline(
      dots.map(({ image }) => image),
      dots.map(({ label }) => label),
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(0.003), steps: 300 },
  );
const noRelu: Published = {
  name: 'blocks-without-relu',
  source: github('ShunLu91/Single-Path-One-Shot-NAS', 1),
  accepted: 'the accuracy stays at chance: the ReLUs were missing',
  labels: [['underfitting']],
  half: 'develop',
  experiment: searched('linear'),
  twin: searched('relu'),
};

/** Images of very different brightness and contrast, a few at a time. */
const exposed = Array.from({ length: 300 }, (_, i) => {
  const [light, contrast] = [3 * bell(i + 145_000), Math.exp(bell(i + 146_000))];
  const row = Math.floor(8 * chance(i + 147_000));
  return {
    image: grid((y, x) => light + contrast * (0.2 * bell(64 * i + 8 * y + x + 148_000) + Number(y === row))),
    label: Math.floor(row / 2),
  };
});
const averaged = (momentum: number, batch_size: number) =>
  run(
    [1, 8, 8],
    [
      conv(8, { activation: 'linear' }),
      { type: 'batch_norm', momentum },
      act('relu'),
      { type: 'spatial_dropout2d', rate: 0.2 },
      conv(8, { activation: 'linear' }),
      { type: 'batch_norm', momentum },
      act('relu'),
      pool,
      flat,
      layer(4),
    ],
    inline(
      exposed.map(({ image }) => image),
      exposed.map(({ label }) => label),
      { validation_split: 0 },
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(0.003), batch_size, steps: 400 },
  );
const jumping: Published = {
  name: 'running-averages-that-follow-the-last-batch',
  source: github('pytorch/pytorch', 3869),
  accepted: 'the averages move too fast: each follows its last batches; a smaller momentum (of PyTorch)',
  labels: [['inference_mismatch', 'degenerate_normalization']],
  half: 'judge',
  experiment: averaged(0.3, 2),
  twin: averaged(0.95, 32),
};

const fashion = (stop: readonly Config[]) =>
  run([1, 8, 8], [conv(4), pool, conv(4), pool, ...stop, flat, layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: adam(0.005),
    steps: 400,
  });
const frozen: Published = {
  name: 'convolutions-that-are-frozen',
  source: github('ihciah/deep-fashion-retrieval', 1),
  accepted: 'all convolutions are frozen; as soon as they are not, the accuracy improves quickly',
  labels: [['underfitting']],
  half: 'develop',
  experiment: fashion([{ type: 'stop_gradient' }]),
  twin: fashion([]),
};

const raw = rows(300, 8).map((row) => row.map((x) => 10 * x));
const research = (rate: number) =>
  run(
    [8],
    [layer(16, 'relu'), layer(1)],
    inline(
      raw,
      raw.map((row, i) => 2 * at(row, 0) - at(row, 1) + Math.abs(at(row, 2)) + bell(i + 149_000)),
    ),
    mse(sgd(rate), { steps: 800 }),
  );
const skyrocket: Published = {
  name: 'weights-skyrocket-at-a-rate-of-0.001',
  source: 'https://datascience.stackexchange.com/questions/15962',
  accepted: 'at a rate of 0.001 the loss grows to NaN, at 0.0001 all is well: the steps are too long',
  labels: [['update_ratio', 'exploding_gradient', 'non_finite_values', 'sharpness']],
  half: 'judge',
  experiment: research(0.01),
  twin: research(0.0003),
};

const densenet = (rate: number) =>
  run(
    [1, 8, 8],
    [
      conv(16),
      ...Array.from({ length: 3 }, () => residual(conv(16), dropout(rate), conv(16), dropout(rate))),
      pool,
      dropout(rate),
      flat,
      layer(10),
    ],
    digits(),
    { loss: 'softmax_cross_entropy', optimizer: adam(0.002), steps: 250 },
  );
const keptAFifth: Published = {
  name: 'network-that-keeps-a-fifth',
  source: 'https://github.com/pudae/tensorflow-densenet/pull/22',
  accepted: 'the rate of dropout was passed as the probability to keep: four fifths are dropped everywhere',
  labels: [['excessive_dropout']],
  half: 'develop',
  experiment: densenet(0.8),
  twin: densenet(0.2),
};

const letters = Array.from({ length: 480 }, (_, i) => {
  const label = i % 4;
  const letter = (t: number) =>
    t % 5 === 0 && chance(24 * i + t + 150_000) < 0.8
      ? label
      : 4 + Math.floor(8 * chance(24 * i + t + 151_000));
  return {
    text: Array.from({ length: 24 }, (_, t) =>
      Array.from({ length: 12 }, (__, k) => Number(k === letter(t))),
    ),
    label,
  };
});
const charCnn = (rate: number) => {
  const conv1 = (kernel_size: number): Config => ({
    type: 'conv1d',
    filters: 32,
    kernel_size,
    activation: 'relu',
    kernel_initializer: { type: 'normal', stddev: 0.05 },
  });
  const full = dense(64, 'relu', { kernel_initializer: { type: 'normal', stddev: 0.05 } });
  return run(
    [24, 12],
    [
      conv1(5),
      { type: 'max_pool1d', pool_size: 2 },
      conv1(3),
      { type: 'max_pool1d', pool_size: 2 },
      conv1(3),
      flat,
      full,
      dropout(0.5),
      full,
      dropout(0.5),
      layer(4),
    ],
    inline(
      letters.map(({ text }) => text),
      letters.map(({ label }) => label),
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(rate), steps: 300 },
  );
};
const aQuarter: Published = {
  name: 'characters-stay-at-a-quarter',
  source: github('srviest/char-cnn-text-classification-pytorch', 3),
  accepted:
    'a bad start at this rate: all samples are of one class and the loss is ln 4; with a lower rate it learns',
  labels: [['update_ratio', 'dead_units', 'poor_initialization', 'exploding_gradient']],
  half: 'judge',
  experiment: charCnn(0.03),
  twin: charCnn(0.001),
};

const coder = (rate: number, steps: number) =>
  run(
    [1, 8, 8],
    [
      conv(8),
      pool,
      conv(8),
      pool,
      conv(8),
      up,
      conv(8),
      up,
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same', activation: 'sigmoid' },
    ],
    { type: 'digits', scale: 1 / 16, targets: 'inputs', samples: 600 },
    mse(adam(rate), { steps }),
  );
const blank: Published = {
  name: 'blank-reconstructions',
  source: github('DmitryUlyanov/AGE', 2),
  accepted: 'reconstructions are blank; ten times the rate gives decent ones',
  labels: [['slow_convergence', 'update_ratio']],
  half: 'develop',
  experiment: coder(0.0001, 300),
  twin: coder(0.005, 600),
};
const black: Published = {
  name: 'reconstructions-turn-black',
  source: github('AntixK/PyTorch-VAE', 51),
  accepted: 'the loss grows and the reconstruction is black: reduce the learning rate',
  labels: [['update_ratio', 'exploding_gradient', 'unstable_loss', 'dead_units', 'non_finite_values']],
  half: 'judge',
  experiment: coder(0.1, 300),
  twin: coder(0.005, 600),
};

const fifth = (training: Config) =>
  run([1, 8, 8], [conv(16), pool, conv(32), pool, flat, layer(64, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.02, 0.9),
    ...training,
  });
const aFifth: Published = {
  name: 'a-fifth-of-an-epoch',
  source: github('tensorflow/benchmarks', 209),
  accepted: '0.19 epochs is not much, of 90: train longer',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: fifth({ epochs: 0.19 }),
  twin: fifth({ epochs: 8 }),
};

const pairs = Array.from({ length: 500 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) => Math.floor(14 * chance(12 * i + t + 152_000))),
);
/**
 * The tutorial's encoder: a sum and a norm behind the attention, none behind the two layers after it. (At its first run it had six
 * layers, as posted; at this width they learn at no rate.)
 */
const bert = (rate: number) =>
  run(
    [12],
    [
      { type: 'embedding', vocabulary: 14, dimensions: 32, table_initializer: { type: 'normal', stddev: 1 } },
      { type: 'positional_embedding' },
      { type: 'layer_norm' },
      ...Array.from({ length: 2 }, () => [
        residual({ type: 'self_attention', heads: 4 }),
        { type: 'layer_norm' },
        layer(64, 'gelu'),
        layer(32),
      ]).flat(),
      { type: 'global_average_pool1d' },
      layer(2),
    ],
    inline(
      pairs,
      pairs.map((pair) => Number(at(pair, 0) % 2 === at(pair, 6) % 2 || at(pair, 0) < 5)),
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(rate), batch_size: 16, steps: 250 },
    { dtype: 'token' },
  );
const tutorial: Published = {
  name: 'bert-of-a-tutorial-at-ten-times-the-rate',
  source: github('graykode/nlp-tutorial', 77),
  accepted:
    'at this rate the loss hardly ever falls below that of a guess, at a tenth it does within 100 steps',
  labels: [['update_ratio', 'unstable_loss', 'exploding_gradient', 'rank_collapse']],
  half: 'judge',
  experiment: bert(0.01),
  twin: bert(0.001),
};

export const recentTrainings: readonly Published[] = [
  attacked,
  decayed,
  noRelu,
  jumping,
  frozen,
  skyrocket,
  keptAFifth,
  aQuarter,
  blank,
  black,
  aFifth,
  tutorial,
];
