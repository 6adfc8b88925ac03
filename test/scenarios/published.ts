/**
 * @file Networks that people could not train, as they asked about them in public: each with the cause that was accepted there, written
 * down before the service was asked. Sizes are reduced and data generated; what was wrong is as it was.
 */
import { at, bell, chance, even, rows } from './numbers.ts';
import { adam, type Config, dense, he, sgd } from './scenario.ts';

export interface Published {
  readonly name: string;
  /** Where it was asked, or published as a fault. */
  readonly source: string;
  /** What was wrong, as accepted there. */
  readonly accepted: string;
  /** For every label: the rules whose finding names it. The first label is the main one. */
  readonly labels: readonly (readonly string[])[];
  /** `judge`: looked at only after the last change. */
  readonly half: 'develop' | 'judge';
  readonly experiment: Config;
  /** With what was accepted; healthy. */
  readonly twin?: Config;
}

const stackoverflow = (post: number) => `https://stackoverflow.com/questions/${post}`;
const keras = (issue: number) => `https://github.com/keras-team/keras/issues/${issue}`;

// What Keras does by default, in version 1 and since.
const glorot: Config = { kernel_initializer: 'glorot_uniform' };
const uniform05: Config = { kernel_initializer: { type: 'uniform', min: -0.05, max: 0.05 } };
const normal05: Config = { kernel_initializer: { type: 'normal', stddev: 0.05 } };
const layer = (units: number, activation = 'linear') => dense(units, activation, glorot);
const rmsprop = (learning_rate: number): Config => ({ type: 'rmsprop', learning_rate });
const nesterov = (learning_rate: number, momentum: number): Config => ({
  type: 'sgd',
  learning_rate,
  momentum,
  nesterov: true,
});
const dropout = (rate: number): Config => ({ type: 'dropout', rate });
const conv = (filters: number, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation: 'relu',
  ...glorot,
  ...more,
});
const pool: Config = { type: 'max_pool2d', pool_size: 2 };

const run = (
  shape: readonly number[],
  layers: readonly Config[],
  data: Config,
  training: Config,
  input: Config = {},
): Config => ({
  network: { input: { shape, ...input }, layers },
  data,
  training: { batch_size: 32, ...training },
});

const inline = (inputs: unknown, targets: unknown, more: Config = {}): Config => ({
  type: 'inline',
  inputs,
  targets,
  ...more,
});
const mse = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'mean_squared_error',
  optimizer,
  ...more,
});
const bce = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'binary_cross_entropy',
  optimizer,
  ...more,
});
const cce = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'categorical_cross_entropy',
  optimizer,
  ...more,
});

const xor = (targets: readonly number[] = [0, 1, 1, 0]): Config =>
  inline(
    [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
    targets.map((t) => [t]),
    { validation_split: 0 },
  );

const classOf = (i: number, classes: number) => Math.floor(chance(i + 31) * classes);
const oneHot = (label: number, classes: number) =>
  Array.from({ length: classes }, (_, j) => Number(j === label));

/** Clusters around random centres, as numbers of classes. */
function clusters(samples: number, features: number, classes: number, spread = 0.6) {
  const centres = rows(classes, features);
  const labels = Array.from({ length: samples }, (_, i) => classOf(i, classes));
  const inputs = labels.map((label, i) =>
    Array.from(
      { length: features },
      (_, j) => (centres[label]?.[j] ?? 0) + spread * bell(5000 + i * features + j),
    ),
  );
  return { inputs, labels };
}

const digits = (scale = 1 / 16): Config => ({ type: 'digits', scale });
const iris: Config = { type: 'iris' };

// ————— the published faults —————

const tenClusters = clusters(600, 40, 10);
const linearOutputs: Published = {
  name: 'no-activation-at-all',
  source: stackoverflow(48385830),
  accepted:
    'activations are missing (sigmoid, softmax), squared error on classes; at a rate of 3 it explodes',
  labels: [['loss_output_mismatch', 'update_ratio'], ['update_ratio']],
  half: 'develop',
  experiment: run(
    [40],
    [
      dense(30, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } }),
      dense(10, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } }),
    ],
    inline(
      tenClusters.inputs,
      tenClusters.labels.map((label) => oneHot(label, 10)),
    ),
    mse(sgd(3), { batch_size: 10, steps: 300 }),
  ),
  twin: run(
    [40],
    [layer(30, 'relu'), layer(10, 'softmax')],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(adam(0.01), { steps: 300 }),
  ),
};

const xorTooShort: Published = {
  name: 'xor-absolute-error',
  source: stackoverflow(31556268),
  accepted: 'too few epochs, rate too low; squared error instead of absolute',
  labels: [['slow_convergence'], ['loss_output_mismatch', 'slow_convergence']],
  half: 'develop',
  experiment: run([2], [layer(4, 'sigmoid'), layer(1, 'sigmoid')], xor(), {
    loss: 'mean_absolute_error',
    optimizer: nesterov(0.05, 0.11),
    batch_size: 4,
    steps: 1000,
  }),
};

const hugeRegression = even(600, 3, 0, 10_000);
const softmaxOfOneUnit: Published = {
  name: 'softmax-of-one-unit-for-values',
  source: stackoverflow(33969059),
  accepted: 'softmax of one unit: end with a linear layer',
  labels: [['loss_output_mismatch'], ['unscaled_inputs']],
  half: 'develop',
  experiment: run(
    [3],
    [
      dense(3, 'tanh', uniform05),
      dropout(0.5),
      dense(2, 'tanh', uniform05),
      dropout(0.5),
      dense(1, 'softmax', uniform05),
    ],
    inline(
      hugeRegression,
      hugeRegression.map((row) => 2 * at(row, 0) + at(row, 1) + at(row, 2) / 2 + 2.2),
    ),
    mse(nesterov(0.1, 0.9), { steps: 300 }),
  ),
};

const xorSoftmax: Published = {
  name: 'xor-softmax-of-one-unit',
  source: stackoverflow(34311586),
  accepted: 'softmax of one unit; rate too low, too few epochs, all weights near 0',
  labels: [['loss_output_mismatch'], ['slow_convergence', 'update_ratio']],
  half: 'judge',
  experiment: run(
    [2],
    [dense(2, 'sigmoid', uniform05), dense(3, 'sigmoid', uniform05), dense(1, 'softmax', uniform05)],
    xor(),
    mse(nesterov(0.001, 0.9), { batch_size: 4, steps: 20 }),
  ),
};

const multilabelInputs = rows(1000, 20);
const multilabel: Published = {
  name: 'softmax-for-several-labels',
  source: stackoverflow(38648195),
  accepted: 'sigmoid and binary cross-entropy: a sample may have several labels',
  labels: [['loss_output_mismatch'], ['slow_convergence']],
  half: 'develop',
  experiment: run(
    [20],
    [layer(20, 'relu'), dropout(0.5), layer(20, 'relu'), dropout(0.5), layer(3, 'softmax')],
    inline(
      multilabelInputs,
      multilabelInputs.map((row) => [0, 1, 2].map((j) => Number(at(row, j) + at(row, j + 3) > -0.3))),
    ),
    mse(sgd(0.01), { batch_size: 20, steps: 600 }),
  ),
  twin: run(
    [20],
    [layer(32, 'relu'), layer(3, 'sigmoid')],
    inline(
      multilabelInputs,
      multilabelInputs.map((row) => [0, 1, 2].map((j) => Number(at(row, j) + at(row, j + 3) > -0.3))),
    ),
    bce(adam(0.01), { steps: 400 }),
  ),
};

const codes = Array.from({ length: 256 }, (_, i) => Array.from({ length: 8 }, (__, bit) => (i >> bit) & 1));
const substitution: Published = {
  name: 'sigmoids-from-small-weights',
  source: stackoverflow(39217567),
  accepted: 'three sigmoid layers from small weights under plain gradient descent learn nothing: use ReLU',
  labels: [['vanishing_gradient', 'slow_convergence', 'poor_initialization']],
  half: 'develop',
  experiment: run(
    [8],
    [dense(8, 'sigmoid', normal05), dense(8, 'sigmoid', normal05), dense(8, 'sigmoid', normal05)],
    // The report had a random permutation; a rotation of the bits can be learned.
    inline(
      codes,
      codes.map((code) => code.map((_, j) => at(code, (j + 3) % 8))),
      { validation_split: 0 },
    ),
    mse(sgd(0.01), { batch_size: 50, steps: 1000 }),
  ),
};

const parabola = Array.from({ length: 50 }, (_, i) => [i / 10]);
const rateTooHigh: Published = {
  name: 'parabola-at-rate-0.1',
  source: stackoverflow(48934338),
  accepted: 'the learning rate is too high: loss NaN',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(50, 'relu'), dense(30, 'relu', uniform05), layer(1)],
    inline(
      parabola,
      parabola.map((row, i) => 5 * at(row, 0) ** 2 + bell(i) ** 3),
    ),
    mse(sgd(0.1), { steps: 400 }),
  ),
};

const fourth = Array.from({ length: 400 }, (_, i) => [-100 + i / 2]);
const fourthPower: Published = {
  name: 'fourth-power',
  source: stackoverflow(52800582),
  accepted: 'inputs and targets are not scaled',
  labels: [['unscaled_inputs', 'unscaled_targets'], ['unscaled_targets']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(50, 'sigmoid'), layer(50, 'elu'), layer(1)],
    inline(
      fourth,
      fourth.map((row) => at(row, 0) ** 4),
    ),
    mse(adam(0.001), { batch_size: 320, steps: 500 }),
  ),
};

const lineInputs = even(200, 1, 0, 10);
const sigmoidOnLine: Published = {
  name: 'sigmoid-output-on-a-line',
  source: stackoverflow(48221692),
  accepted: 'sigmoid at the output of a regression: end with a linear layer',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(5, 'sigmoid'), layer(1, 'sigmoid')],
    inline(
      lineInputs,
      lineInputs.map((row, i) => 3 * at(row, 0) + 20 + bell(i)),
    ),
    mse(sgd(0.01), { batch_size: 160, steps: 500 }),
  ),
};

const returns = rows(400, 2);
const reluOnReturns: Published = {
  name: 'relu-output-for-returns',
  source: stackoverflow(48251943),
  accepted: 'ReLU at the output cannot give negative numbers: all predictions are equal. Use tanh or none',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(4, 'relu'), layer(1, 'relu')],
    inline(
      returns,
      returns.map((row) => 0.4 * at(row, 0) - 0.3 * at(row, 1) - 0.1),
    ),
    mse(sgd(0.01), { batch_size: 10, steps: 600 }),
  ),
};

const reluOnClasses: Published = {
  name: 'relu-before-cross-entropy',
  source: stackoverflow(47352366),
  accepted: 'ReLU at the output under a cross-entropy: softmax is missing',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [1, 8, 8],
    [
      conv(8, { bias_initializer: { type: 'constant', value: 0.1 } }),
      pool,
      conv(16),
      pool,
      { type: 'flatten' },
      layer(64, 'relu'),
      dropout(0.5),
      layer(10, 'relu'),
    ],
    digits(),
    cce(adam(0.001), { batch_size: 50, steps: 150 }),
  ),
  twin: run(
    [1, 8, 8],
    [
      conv(8),
      pool,
      conv(16),
      pool,
      { type: 'flatten' },
      layer(64, 'relu'),
      dropout(0.25),
      layer(10, 'softmax'),
    ],
    digits(),
    cce(adam(0.005), { batch_size: 50, steps: 300 }),
  ),
};

const twoSquares = Array.from({ length: 200 }, (_, i) =>
  [0, 1].map((j) => (i % 2 === 0 ? 0.2 + 0.2 * chance(2 * i + j) : 0.5 + 0.2 * chance(2 * i + j))),
);
const fiveEpochs: Published = {
  name: 'two-squares-five-epochs',
  source: stackoverflow(50306988),
  accepted: 'rate too low and too few epochs',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(2, 'sigmoid'), layer(2, 'softmax')],
    inline(
      twoSquares,
      twoSquares.map((_, i) => i % 2),
    ),
    cce(adam(0.001), { steps: 25 }),
  ),
  twin: run(
    [2],
    [layer(8, 'tanh'), layer(2, 'softmax')],
    inline(
      twoSquares,
      twoSquares.map((_, i) => i % 2),
    ),
    cce(adam(0.02), { steps: 400 }),
  ),
};

const sigmoidForThree: Published = {
  name: 'sigmoids-under-categorical-cross-entropy',
  source: stackoverflow(51930566),
  accepted: 'sigmoid at the output of three exclusive classes: softmax',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [4],
    [dense(4, 'relu', normal05), dense(3, 'sigmoid', normal05)],
    iris,
    cce(adam(0.001), { batch_size: 5, steps: 500 }),
  ),
};

const bytes: Published = {
  name: 'pixels-of-0-to-255',
  source: stackoverflow(55328966),
  accepted: 'pixels are not divided by 255; sigmoid instead of softmax; plain gradient descent',
  labels: [['unscaled_inputs'], ['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(64), layer(50, 'relu'), layer(10, 'sigmoid')],
    digits(16),
    cce(sgd(0.0001), { steps: 300 }),
  ),
};

const packets = even(500, 11).map((row) => row.map((x, j) => x * 10 ** ((j % 4) + 1)));
const packetsReport: Published = {
  name: 'packets-not-scaled',
  source: stackoverflow(44066044),
  accepted: 'features are not scaled; ReLU at the output of two classes',
  labels: [['unscaled_inputs', 'loss_output_mismatch'], ['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [11],
    [dense(12, 'relu', normal05), dense(12, 'relu', normal05), dense(1, 'relu', normal05)],
    inline(
      packets,
      packets.map((row) => Number(at(row, 0) / 10 + at(row, 1) / 100 > 1)),
    ),
    bce(adam(0.001), { batch_size: 5, steps: 800 }),
  ),
};

const adults = even(800, 6).map((row) => [
  17 + 60 * at(row, 0),
  1e6 * at(row, 1) ** 2,
  Math.floor(16 * at(row, 2)),
  at(row, 3) > 0.9 ? 1e5 * at(row, 3) : 0,
  Math.floor(7 * at(row, 4)),
  20 + 40 * at(row, 5),
]);
const adultsData = (more: Config = {}) =>
  inline(
    adults,
    adults.map((row) => Number(at(row, 0) / 77 + at(row, 2) / 16 + at(row, 5) / 60 > 1.6)),
    more,
  );
const census: Published = {
  name: 'census-not-scaled',
  source: stackoverflow(47724077),
  accepted: 'features of up to a million beside others of 1: standardize them',
  labels: [['unscaled_inputs']],
  half: 'develop',
  experiment: run(
    [6],
    [layer(21, 'relu'), layer(2, 'softmax')],
    adultsData(),
    cce(adam(0.001), { batch_size: 100, steps: 350 }),
  ),
  twin: run(
    [6],
    [layer(21, 'relu'), layer(2, 'softmax')],
    adultsData({ standardize: true }),
    cce(adam(0.01), { batch_size: 100, steps: 350 }),
  ),
};

const largeBatches: Published = {
  name: 'large-batches-five-epochs',
  source: stackoverflow(44164749),
  accepted: 'too few epochs for such batches, and a rate that is too low',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(128, 'relu'), dropout(0.1), layer(64, 'relu'), dropout(0.1), layer(10, 'softmax')],
    digits(),
    cce(nesterov(0.01, 0.9), { batch_size: 500, steps: 15 }),
  ),
};

const momentumTooFast: Published = {
  name: 'convolutions-at-rate-0.1-with-momentum',
  source: stackoverflow(37624102),
  accepted: 'the rate of 0.1 is too high with a momentum of 0.9: the loss does not move',
  labels: [['update_ratio']],
  half: 'judge',
  experiment: run(
    [1, 8, 8],
    [conv(8), conv(8), pool, conv(8), { type: 'flatten' }, layer(32, 'relu'), layer(10, 'softmax')],
    digits(1),
    cce(nesterov(0.1, 0.9), { batch_size: 64, steps: 120 }),
  ),
};

const signals = rows(500, 6).map((row) => row.map((x) => Math.tanh(x)));
const autoencoder: Published = {
  name: 'autoencoder-of-signed-numbers',
  source: stackoverflow(42514960),
  accepted: 'the data go from −1 to 1: tanh, not sigmoid, at the output',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [6],
    [layer(12, 'relu'), layer(12, 'relu'), layer(4, 'relu'), layer(12, 'relu'), layer(6, 'sigmoid')],
    inline(signals, 'inputs'),
    mse(adam(0.001), { steps: 400 }),
  ),
};

const words = Array.from({ length: 600 }, (_, i) =>
  Array.from({ length: 12 }, (__, j) => Math.floor(30 * chance(i * 12 + j))),
);
const sentiment: Published = {
  name: 'softmax-of-one-unit-over-text',
  source: stackoverflow(42800203),
  accepted: 'softmax of one unit: sigmoid',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [12],
    [{ type: 'embedding', vocabulary: 30, dimensions: 8 }, { type: 'lstm', units: 8 }, layer(1, 'softmax')],
    inline(
      words,
      words.map((sentence) => Number(sentence.filter((word) => word < 15).length > 6)),
    ),
    bce(adam(0.001), { steps: 60 }),
    { dtype: 'token' },
  ),
};

const gentle = even(300, 1, 0, 1);
const tooLow: Published = {
  name: 'plain-descent-at-its-default-rate',
  source: stackoverflow(44998910),
  accepted: 'rate too low and too few epochs',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(20, 'tanh'), layer(1)],
    inline(
      gentle,
      gentle.map((row) => Math.sin(6 * at(row, 0))),
    ),
    mse(sgd(0.01), { steps: 150 }),
  ),
};

const houses = even(300, 2).map((row) => [500 + 3000 * at(row, 0), 1 + Math.floor(5 * at(row, 1))]);
const housing: Published = {
  name: 'prices-from-raw-areas',
  source: stackoverflow(46642627),
  accepted: 'inputs and targets are not scaled; binary cross-entropy for values; rate too high',
  labels: [
    ['unscaled_inputs', 'unscaled_targets'],
    ['update_ratio', 'unscaled_targets'],
  ],
  half: 'develop',
  experiment: run(
    [2],
    [layer(8, 'relu'), layer(1)],
    inline(
      houses,
      houses.map((row) => 120 * at(row, 0) + 20_000 * at(row, 1)),
    ),
    mse(sgd(0.01), { steps: 200 }),
  ),
};

const readings = even(500, 4, 0, 1000);
const deepMixed: Published = {
  name: 'twelve-layers-on-raw-readings',
  source: stackoverflow(46995209),
  accepted: 'inputs are not scaled; tanh; too many layers of ten units',
  labels: [
    ['unscaled_inputs'],
    ['saturated_units', 'vanishing_gradient', 'dead_units', 'rank_collapse', 'poor_initialization'],
  ],
  half: 'develop',
  experiment: run(
    [4],
    [
      layer(10, 'tanh'),
      layer(90, 'tanh'),
      ...Array.from({ length: 9 }, () => layer(10, 'relu')),
      layer(1, 'sigmoid'),
    ],
    inline(
      readings,
      readings.map((row) => Number(at(row, 0) + at(row, 1) > 1000)),
    ),
    bce(adam(0.001), { steps: 400 }),
  ),
};

const tens = even(400, 1, 0, 10);
const rmspropTooLow: Published = {
  name: 'rmsprop-at-its-default-rate',
  source: stackoverflow(51181393),
  accepted: 'the rate is too low: 0.1 instead of 0.001',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1)],
    inline(
      tens,
      tens.map((row) => 2 * at(row, 0) + 5),
    ),
    mse(rmsprop(0.001), { steps: 300 }),
  ),
};

const tickets: Published = {
  name: 'targets-not-scaled',
  source: stackoverflow(47932589),
  accepted: 'inputs and targets are not scaled',
  labels: [['unscaled_targets', 'unscaled_inputs']],
  half: 'judge',
  experiment: run(
    [3],
    [layer(16, 'relu'), layer(16, 'relu'), layer(1)],
    inline(
      hugeRegression,
      hugeRegression.map((row) => 40 * at(row, 0) + 10 * at(row, 2)),
    ),
    mse(adam(0.001), { steps: 300 }),
  ),
};

const twoEpochs: Published = {
  name: 'two-epochs',
  source: stackoverflow(37213388),
  accepted: 'two epochs are too few',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [64],
    [layer(128, 'relu'), dropout(0.5), layer(10, 'softmax')],
    digits(),
    cce(sgd(0.05), { batch_size: 100, steps: 28 }),
  ),
};

const keypoints = rows(400, 16);
const keypointTargets = keypoints.map((row) =>
  [0, 1, 2, 3].map((j) => 0.3 * at(row, j) - 0.2 * at(row, j + 4)),
);
const adamTooFast: Published = {
  name: 'adam-at-rate-0.1',
  source: 'https://github.com/Wardat-ISU/DeepLocalize/tree/main/Benchmark/GitHub (FacialKeypointsDetection)',
  accepted: 'Adam at a rate of 0.1 is too fast; too few epochs',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [1, 4, 4],
    [
      conv(32),
      pool,
      dropout(0.1),
      conv(64, { kernel_size: 2 }),
      { type: 'flatten' },
      layer(200, 'relu'),
      layer(200, 'relu'),
      layer(4),
    ],
    inline(
      keypoints.map((row) => [0, 1, 2, 3].map((y) => row.slice(4 * y, 4 * y + 4))).map((image) => [image]),
      keypointTargets,
    ),
    mse(adam(0.1), { steps: 120 }),
  ),
};

const melbourne: Published = {
  name: 'tanh-for-prices-of-a-million',
  source: 'https://github.com/ArabelaTso/DeepFD (kaggle-melbourne_properties)',
  accepted: 'tanh layers and targets of a million: the prediction does not get there',
  labels: [['unscaled_targets']],
  half: 'judge',
  experiment: run(
    [8],
    [layer(20, 'tanh'), layer(20, 'tanh'), layer(1)],
    inline(
      rows(400, 8),
      rows(400, 8).map((row) => 1e6 + 3e5 * at(row, 0) + 2e5 * at(row, 1)),
    ),
    mse(adam(0.001), { steps: 400 }),
  ),
};

const oneSigmoidForThree: Published = {
  name: 'one-sigmoid-for-three-classes',
  source: stackoverflow(50079585),
  accepted: 'three classes need three units, softmax and categorical cross-entropy',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [4],
    [layer(16, 'relu'), layer(1, 'sigmoid')],
    inline(
      clusters(300, 4, 3).inputs,
      clusters(300, 4, 3).labels.map((label) => [label]),
    ),
    mse(rmsprop(0.001), { steps: 300 }),
  ),
};

// ————— asked elsewhere —————

const xorRelu: Published = {
  name: 'xor-with-relu-output',
  source: 'https://stats.stackexchange.com/questions/433365',
  accepted:
    'the first layer has no activation, the output is a ReLU under squared error: sigmoid and cross-entropy, more epochs',
  labels: [['dead_units', 'loss_output_mismatch', 'underfitting', 'slow_convergence']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(2), layer(2, 'relu'), layer(1, 'relu')],
    xor(),
    mse(sgd(0.01), { batch_size: 4, steps: 600 }),
  ),
};

const whole = Array.from({ length: 200 }, (_, i) => [i]);
const lineToNan: Published = {
  name: 'line-to-nan',
  source: keras(3040),
  accepted: 'the rate is too high (for inputs of up to 200)',
  labels: [['unscaled_inputs', 'update_ratio']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(1)],
    inline(
      whole,
      whole.map((row) => 2 * at(row, 0)),
    ),
    mse(sgd(0.001), { batch_size: 1, steps: 160 }),
  ),
};

const softmaxTwice: Published = {
  name: 'softmax-into-cross-entropy-of-logits',
  source: 'https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814',
  accepted: 'softmax is applied before a loss that applies it itself',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run([64], [layer(64, 'relu'), layer(32, 'relu'), layer(10, 'softmax')], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.01, 0.9),
    steps: 300,
  }),
};

const saw = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 8 }, (__, t) => [((i + t) % 10) + 1, 10 - ((i + t) % 10)]),
);
const softmaxForValues: Published = {
  name: 'lstm-with-softmax-for-values',
  source: keras(321),
  accepted: 'softmax gives numbers between 0 and 1, the sequence goes from 1 to 10',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [8, 2],
    [{ type: 'lstm', units: 16 }, layer(2, 'softmax')],
    inline(
      saw,
      saw.map((_, i) => [((i + 8) % 10) + 1, 10 - ((i + 8) % 10)]),
    ),
    mse(rmsprop(0.001), { steps: 60 }),
  ),
};

const walk = rows(300, 20).map((row) => row.map((x) => [x]));
const reluLstm: Published = {
  name: 'relu-lstm-predicts-zero',
  source: keras(3687),
  accepted: 'ReLU in the LSTM and at the output, and a momentum of 0.99: all predictions are 0',
  labels: [['dead_units', 'loss_output_mismatch', 'update_ratio', 'exploding_gradient']],
  half: 'judge',
  experiment: run(
    [20, 1],
    [
      { type: 'lstm', units: 24, activation: 'relu', return_sequences: true },
      { type: 'lstm', units: 12, activation: 'relu' },
      layer(1, 'relu'),
    ],
    inline(
      walk,
      walk.map((series) => 4 + series.slice(0, 4).reduce((sum, step) => sum + at(step, 0), 0)),
    ),
    mse(nesterov(0.01, 0.99), { steps: 60 }),
  ),
};

const sigmoidWords: Published = {
  name: 'sigmoids-for-one-of-many',
  source: keras(2711),
  accepted: 'sigmoid outputs under categorical cross-entropy; plain descent',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [40],
    [layer(30, 'sigmoid'), layer(10, 'sigmoid')],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(sgd(1), { batch_size: 100, steps: 200 }),
  ),
};

const noLastActivation: Published = {
  name: 'no-activation-before-cross-entropy',
  source: 'https://github.com/bonlime/keras-deeplab-v3-plus/issues/129',
  accepted: 'the last activation was left out: a cross-entropy on probabilities got unbounded numbers',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [40],
    [layer(32, 'relu'), layer(10)],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(adam(0.001), { steps: 200 }),
  ),
};

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

const waves = Array.from({ length: 400 }, (_, i) => [i / 400]);
const fourRelus: Published = {
  name: 'sine-with-four-relus',
  source: stackoverflow(44716415),
  accepted: 'four ReLUs are too few, and some of them are dead from the start',
  labels: [['underfitting', 'dead_units', 'slow_convergence']],
  half: 'develop',
  experiment: run(
    [1],
    [dense(4, 'relu', uniform05), dense(1, 'linear', uniform05)],
    inline(
      waves,
      waves.map((row) => 0.5 + 0.5 * Math.sin(2 * Math.PI * at(row, 0))),
    ),
    mse(adam(0.001), { steps: 1000 }),
  ),
};

const sineRelu: Published = {
  name: 'sine-with-relu-output',
  source: 'https://datascience.stackexchange.com/questions/28191',
  accepted: 'a ReLU at the output cannot be negative; a first layer of one unit',
  labels: [['loss_output_mismatch'], ['unscaled_inputs', 'underfitting']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1, 'relu'), layer(100, 'relu'), layer(1, 'relu')],
    inline(
      even(600, 1, 0, 314),
      even(600, 1, 0, 314).map((row) => Math.sin(at(row, 0))),
    ),
    mse(sgd(0.01), { steps: 400 }),
  ),
};

const zeros: Published = {
  name: 'all-weights-zero',
  source:
    'https://community.deeplearning.ai/t/week-1-programming-assignment-initialization-exercise-1-initialize-parameters-zeros/121049',
  accepted: 'all weights start at 0: with ReLU no gradient passes',
  labels: [['poor_initialization']],
  half: 'develop',
  experiment: run(
    [2],
    [
      dense(10, 'relu', { kernel_initializer: 'zeros' }),
      dense(5, 'relu', { kernel_initializer: 'zeros' }),
      dense(1, 'sigmoid', { kernel_initializer: 'zeros' }),
    ],
    { type: 'circles', samples: 300, noise: 0.05, factor: 0.8 },
    bce(sgd(0.01), { batch_size: 240, steps: 400 }),
  ),
};

const deepSigmoid: Published = {
  name: 'five-hidden-sigmoid-layers',
  source: 'http://neuralnetworksanddeeplearning.com/chap5.html',
  accepted: 'the gradient vanishes over sigmoid layers',
  labels: [['vanishing_gradient']],
  half: 'develop',
  experiment: run([64], [...Array.from({ length: 5 }, () => layer(30, 'sigmoid')), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.1),
    batch_size: 10,
    steps: 400,
  }),
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

// ————— the faults that tools were measured on —————

const circles: Config = { type: 'circles', samples: 500, noise: 0.05, factor: 0.5 };
const trainer = 'https://github.com/shiningrain/AUTOTRAINER';
const umlaut = 'https://doi.org/10.1145/3411764.3445538 (UMLAUT, CHI 2021)';

const circleDead: Published = {
  name: 'circle-dying-relu',
  source: trainer,
  accepted: 'dying ReLU: biases far below 0',
  labels: [['dead_units']],
  half: 'develop',
  experiment: run(
    [2],
    [
      dense(16, 'relu', { ...he, bias_initializer: { type: 'constant', value: -5 } }),
      dense(16, 'relu', he),
      layer(1, 'sigmoid'),
    ],
    circles,
    bce(sgd(0.05), { steps: 300 }),
  ),
};
const circleExplode: Published = {
  name: 'circle-exploding',
  source: trainer,
  accepted: 'exploding gradient: weights far too large over many layers',
  labels: [['exploding_gradient', 'poor_initialization']],
  half: 'judge',
  experiment: run(
    [2],
    [
      ...Array.from({ length: 7 }, () =>
        dense(16, 'relu', { kernel_initializer: { type: 'normal', stddev: 1.5 } }),
      ),
      layer(1),
    ],
    circles,
    { loss: 'sigmoid_cross_entropy', optimizer: sgd(0.01), steps: 300 },
  ),
};
const blobOscillates: Published = {
  name: 'blob-oscillating',
  source: trainer,
  accepted: 'oscillating loss: the rate is too high',
  labels: [['update_ratio', 'sharpness', 'unstable_loss']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(32, 'relu'), layer(32, 'relu'), layer(3)],
    { type: 'blobs', samples: 500, centers: 3 },
    { loss: 'softmax_cross_entropy', optimizer: adam(0.8), steps: 300 },
  ),
};
const circleSlow: Published = {
  name: 'circle-slow',
  source: trainer,
  accepted: 'slow convergence: the rate is too low',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(32, 'relu'), layer(32, 'relu'), layer(1, 'sigmoid')],
    circles,
    bce(adam(1e-5), { steps: 400 }),
  ),
};
const noHiddenActivation: Published = {
  name: 'hidden-layers-without-activation',
  source: umlaut,
  accepted: 'activation functions are missing: the whole network is linear',
  labels: [['underfitting', 'loss_not_decreasing']],
  half: 'develop',
  experiment: run([2], [layer(64), layer(64), layer(1, 'sigmoid')], circles, bce(adam(0.01), { steps: 400 })),
  twin: run(
    [2],
    [layer(64, 'relu'), layer(64, 'relu'), layer(1, 'sigmoid')],
    circles,
    bce(adam(0.01), { steps: 400 }),
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
const rateOfUmlaut: Published = {
  name: 'adam-at-rate-1',
  source: umlaut,
  accepted: 'the learning rate is too high',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(64, 'relu'), layer(64, 'relu'), layer(10, 'softmax')],
    digits(),
    cce(adam(1), { steps: 200 }),
  ),
};
const decayTooFast: Published = {
  name: 'rate-decays-to-nothing',
  source: 'https://chenzhang.org/notes/developer/loss-and-accuracy-get-stuck-in-keras/',
  accepted: 'the rate is far too low after a few steps: raise it',
  labels: [['slow_convergence', 'update_ratio', 'unchanged_parameters']],
  half: 'develop',
  experiment: run([64], [layer(64, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.05),
    learning_rate_schedule: { type: 'exponential', decay_steps: 2, decay_rate: 0.5 },
    steps: 300,
  }),
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

export const published: readonly Published[] = [
  linearOutputs,
  xorTooShort,
  softmaxOfOneUnit,
  xorSoftmax,
  multilabel,
  substitution,
  rateTooHigh,
  fourthPower,
  sigmoidOnLine,
  reluOnReturns,
  reluOnClasses,
  fiveEpochs,
  sigmoidForThree,
  bytes,
  packetsReport,
  census,
  largeBatches,
  momentumTooFast,
  autoencoder,
  sentiment,
  tooLow,
  housing,
  deepMixed,
  rmspropTooLow,
  tickets,
  twoEpochs,
  adamTooFast,
  melbourne,
  oneSigmoidForThree,
  xorRelu,
  lineToNan,
  softmaxTwice,
  softmaxForValues,
  reluLstm,
  sigmoidWords,
  noLastActivation,
  notShuffled,
  fourRelus,
  sineRelu,
  zeros,
  deepSigmoid,
  onlyNegatives,
  circleDead,
  circleExplode,
  blobOscillates,
  circleSlow,
  noHiddenActivation,
  heavyDropout,
  rateOfUmlaut,
  decayTooFast,
  clippedToNothing,
  heavyDecay,
];
