/** @file Sixteen reports more, of every theme. They were written down, with their causes, before the service was asked about them. */
import { at, bell, chance, even, rows } from '../numbers.ts';
import { adam, type Config, dense, normal, residual, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  digits,
  dropout,
  github,
  inline,
  layer,
  mse,
  oneHot,
  type Published,
  pool,
  rmsprop,
  run,
  stackoverflow,
} from './parts.ts';

const act = (activation: string): Config => ({ type: 'activation', activation });
const flat: Config = { type: 'flatten' };
const gru = (units: number, return_sequences = false): Config => ({ type: 'gru', units, return_sequences });

/** Bumps along a line, and waves of many frequencies to put them together from. */
const places = Array.from({ length: 300 }, (_, i) => [-1 + (2 * i) / 299]);
const bumps = places.map(([x = 0]) =>
  [-0.8, -0.4, 0, 0.4, 0.8].reduce((sum, centre) => sum + Math.exp(-((x - centre) ** 2) / 0.01), 0),
);
const onBumps = (first: readonly Config[]) =>
  run(
    [1],
    [
      ...first,
      dense(64, 'sine', { ...normal(10), bias_initializer: { type: 'uniform', min: -3, max: 3 } }),
      layer(1),
    ],
    inline(places, bumps),
    mse(adam(0.01), { steps: 600 }),
  );
const normOfOne: Published = {
  name: 'layer-norm-of-a-single-feature',
  source: github('ZiyaoLi/fast-kan', 7),
  accepted:
    'layer norm over one feature: each value is its own mean, so that all that reaches the bases is 0',
  labels: [['degenerate_normalization']],
  half: 'develop',
  experiment: onBumps([{ type: 'layer_norm' }]),
  twin: onBumps([]),
};

const anyNumbers = Array.from({ length: 400 }, (_, i) => [bell(i + 110_000)]);
const oneRelu = (weight: number) =>
  run(
    [1],
    [dense(1, 'relu', { use_bias: false, kernel_initializer: { type: 'constant', value: weight } })],
    inline(
      anyNumbers,
      anyNumbers.map(([x = 0]) => Math.max(0, x)),
    ),
    mse(sgd(0.01), { batch_size: 100, steps: 1000 }),
  );
const reluForRelu: Published = {
  name: 'one-relu-for-one-relu',
  source: 'https://stats.stackexchange.com/questions/379884',
  accepted:
    'from a negative weight the gradient leads to 0 and no further: the unit is dead where it has to answer',
  labels: [['dead_units', 'poor_initialization']],
  half: 'judge',
  experiment: oneRelu(-10),
  twin: oneRelu(3),
};

const households = rows(20, 2);
const incomes = households.map(
  (row, i) => 42_000 + 8000 * at(row, 0) + 5000 * at(row, 1) + 1000 * bell(i + 111_000),
);
const income = (rate: number, more: Config) =>
  run(
    [2],
    [layer(1)],
    inline(households, incomes, { validation_split: 0, ...more }),
    mse(adam(rate), { batch_size: 20, steps: 200 }),
  );
const dollars: Published = {
  name: 'incomes-in-dollars-by-one-unit',
  source:
    'https://community.deeplearning.ai/t/linear-regression-with-neural-network-need-help-and-advice/752992',
  accepted: 'the labels are not scaled: from numbers near 0 Adam takes forever to tens of thousands',
  labels: [['unscaled_targets']],
  half: 'develop',
  experiment: income(0.001, {}),
  twin: income(0.05, { standardize_targets: true }),
};

const softplusNet = (scale: number) =>
  run(
    [64],
    [layer(16, 'softplus'), layer(16, 'relu'), layer(10, 'softmax')],
    digits(scale),
    cce(rmsprop(scale > 1 ? 0.001 : 0.005), { steps: 400, regularization: { l1: 0.0001 } }),
  );
const rawPixels: Published = {
  name: 'softplus-on-raw-pixels',
  source:
    'https://whosebug.com/question/6310037/Keras-shows-NaN-loss-when-using-custom-softplus-activation-function',
  accepted: 'the pixels are not normalized: the accuracy stands at chance, and an exponential overflows',
  labels: [['unscaled_inputs']],
  half: 'judge',
  experiment: softplusNet(255 / 16),
  twin: softplusNet(1 / 16),
};

/** One bright line, that stands or lies, of its own place in each image. */
const lineImages = (count: number, noise: number) =>
  Array.from({ length: count }, (_, i) => [
    Array.from({ length: 8 }, (__, y) =>
      Array.from(
        { length: 8 },
        (___, x) => noise * bell(64 * i + 8 * y + x + 112_000) + Number((i % 2 ? y : x) === (3 * i) % 8),
      ),
    ),
  ]);
const normed = (filters: number, momentum: number): Config[] => [
  conv(filters, { activation: 'linear' }),
  { type: 'batch_norm', momentum },
  act('relu'),
];
const threeImages = (momentum: number, steps: number) =>
  run(
    [1, 8, 8],
    [
      ...normed(8, momentum),
      residual(...normed(8, momentum), ...normed(8, momentum)),
      residual(...normed(8, momentum), ...normed(8, momentum)),
      { type: 'global_average_pool2d' },
      layer(3, 'softmax'),
    ],
    inline(lineImages(3, 0.3), [0, 1, 2], { validation_split: 0 }),
    cce(adam(0.01), { batch_size: 3, steps }),
  );
const rightInTraining: Published = {
  name: 'residual-network-right-on-three-images',
  source: stackoverflow(47157526),
  accepted: 'after so few batches the moving averages of batch norm are still near 0 and 1',
  labels: [['inference_mismatch']],
  half: 'develop',
  experiment: threeImages(0.99, 40),
  twin: threeImages(0.8, 200),
};

const ofBothSigns = lineImages(400, 0.05).map((image) =>
  image.map((grid) => grid.map((row) => row.map((x) => 2 * Math.min(1, Math.max(0, x)) - 1))),
);
const redrawn = (last: string) =>
  run(
    [1, 8, 8],
    [
      conv(8),
      pool,
      conv(8),
      { type: 'up_sampling2d', size: 2 },
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same', activation: last },
    ],
    inline(ofBothSigns, 'inputs'),
    mse(adam(0.005), { steps: 300 }),
  );
const halfOfTheRange: Published = {
  name: 'decoder-between-0-and-1-for-pixels-from-minus-1',
  source: 'https://whosebug.com/question/5616116',
  accepted: 'the pixels are normalized to −1 … 1, and the decoder ends with a sigmoid',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: redrawn('sigmoid'),
  twin: redrawn('tanh'),
};

const everyStep = (step_size: number) =>
  run([1, 8, 8], [conv(8), pool, conv(16), pool, flat, layer(32, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.05, 0.9),
    steps: 300,
    learning_rate_schedule: { type: 'step', step_size, gamma: 0.1 },
  });
const dividedEachStep: Published = {
  name: 'rate-divided-by-ten-at-each-step',
  source: github('matteo-dunnhofer/imagenet', 10),
  accepted: 'a bug divided the learning rate by ten at every step, so that it was almost 0',
  labels: [['slow_convergence', 'update_ratio', 'unchanged_parameters']],
  half: 'develop',
  experiment: everyStep(1),
  twin: everyStep(200),
};

const fires = Array.from({ length: 42 }, (_, i) => 2 + 38 * chance(i + 113_000) ** 2);
const thefts = fires.map((x, i) => 17 + 1.3 * x + 0.02 * x ** 2 + 6 * bell(i + 113_500));
const quadratic = (rate: number, more: Config) =>
  run(
    [2],
    [layer(1)],
    inline(
      fires.map((x) => [x, x * x]),
      thefts,
      { validation_split: 0, ...more },
    ),
    mse(sgd(rate), { batch_size: 1, steps: 800 }),
  );
const outOfTheBowl: Published = {
  name: 'a-quadratic-term-makes-it-nan',
  source: github('chiphuyen/stanford-tensorflow-tutorials', 54),
  accepted: 'the learning rate is too high for the squares: each step leads further out',
  labels: [['update_ratio', 'exploding_gradient', 'non_finite_values']],
  half: 'judge',
  experiment: quadratic(0.001, {}),
  twin: quadratic(0.01, { standardize: true, standardize_targets: true }),
};

const clothes = clusters(1000, 20, 10, 0.9);
const byLabel = clothes.labels
  .map((_, i) => i)
  .toSorted((a, b) => at(clothes.labels, a) - at(clothes.labels, b));
const sortedClothes = (shuffle: boolean) =>
  run(
    [20],
    [layer(64, 'relu'), layer(10)],
    inline(
      byLabel.map((i) => clothes.inputs[i]),
      byLabel.map((i) => clothes.labels[i]),
      { shuffle, validation_split: 0 },
    ),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.1), batch_size: 20, steps: 500 },
  );
const sortedFile: Published = {
  name: 'images-sorted-by-their-labels',
  source: 'https://github.com/zalandoresearch/fashion-mnist/pull/5',
  accepted: 'the file is sorted by label: who forgets to shuffle trains batches of one class',
  labels: [['unshuffled_data']],
  half: 'develop',
  experiment: sortedClothes(false),
  twin: sortedClothes(true),
};

const cards = clusters(1200, 64, 10, 0.8);
/** Its cost is half the sum over the ten outputs: the rate of the book, times five. */
const ofTheBook = (more: Config) =>
  run(
    [64],
    [dense(20, 'sigmoid', more), dense(10, 'sigmoid', more)],
    inline(
      cards.inputs.map((row) => row.map((x) => 1 / (1 + Math.exp(-x)))),
      cards.labels.map((label) => oneHot(label, 10)),
    ),
    mse(sgd(15), { batch_size: 10, steps: 1500 }),
  );
const onceBroken: Published = {
  name: 'a-network-once-broken-by-its-rate',
  source: 'https://stats.stackexchange.com/questions/436737',
  accepted:
    'the rate of 300 left weights so large that the sigmoids are saturated: from there the right rate does not help',
  labels: [['saturated_units', 'poor_initialization', 'vanishing_gradient']],
  half: 'judge',
  experiment: ofTheBook(normal(40)),
  twin: ofTheBook({ kernel_initializer: 'glorot_uniform' }),
};

const flats = even(400, 8, 0, 100);
const rents = flats.map((row) => at(row, 0) / 50 - at(row, 1) / 100 + Math.abs(at(row, 2) - 50) / 25);
const rent = (rate: number) =>
  run(
    [8],
    [layer(32, 'relu'), layer(1)],
    inline(flats, rents, { standardize: true }),
    mse(sgd(rate), { steps: 400 }),
  );
const tooLow: Published = {
  name: 'the-old-rate-after-normalizing',
  source: github('Smadx/USTC-ML24-Fall', 47),
  accepted: 'the rate that raw numbers needed is too low for normalized ones',
  labels: [['slow_convergence', 'update_ratio']],
  half: 'develop',
  experiment: rent(0.00001),
  twin: rent(0.03),
};

const SIDE = 20;
const pixels = Array.from({ length: SIDE * SIDE }, (_, i) => [i % SIDE, Math.floor(i / SIDE)]);
const picture = pixels.map(([x = 0, y = 0]) => Math.sin(x / 4) * Math.cos(y / 5));
const centred = pixels.map((row) => row.map((x) => (2 * x) / (SIDE - 1) - 1));
const siren = (inputs: readonly (readonly number[])[], rate: number) =>
  run(
    [2],
    [
      dense(64, 'sine', { kernel_initializer: { type: 'uniform', min: -5, max: 5 } }),
      dense(64, 'sine', { kernel_initializer: 'he_uniform' }),
      layer(1),
    ],
    inline(inputs, picture),
    mse(adam(rate), { steps: 500 }),
  );
const sineOfIndices: Published = {
  name: 'sines-of-pixel-indices',
  source: github('vsitzmann/siren', 19),
  accepted: 'inputs normalized to −1 … 1, and a lower rate: with sines the scale of the inputs decides',
  labels: [['unscaled_inputs'], ['update_ratio']],
  half: 'judge',
  experiment: siren(pixels, 0.02),
  twin: siren(centred, 0.001),
};

const sources = Array.from({ length: 500 }, (_, i) =>
  Array.from({ length: 20 }, (__, t) => Math.floor(16 * chance(20 * i + t + 114_000))),
);
const norm: Config = { type: 'layer_norm' };
const translated = (rate: number, more: Config) =>
  run(
    [20],
    [
      { type: 'embedding', vocabulary: 16, dimensions: 32, table_initializer: normal(1).kernel_initializer },
      { type: 'positional_embedding', kind: 'sinusoidal' },
      ...Array.from({ length: 3 }, () => [
        residual({ type: 'self_attention', heads: 4 }),
        norm,
        residual(layer(64, 'relu'), layer(32)),
        norm,
      ]).flat(),
      { type: 'global_average_pool1d' },
      layer(4),
    ],
    inline(
      sources,
      sources.map((sentence) => at(sentence, 0) % 4),
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(rate), steps: 200, ...more },
    { dtype: 'token' },
  );
const noWarmup: Published = {
  name: 'transformer-without-a-warm-up-on-long-sentences',
  source: github('tensorflow/tensor2tensor', 105),
  accepted: 'the cost does not decrease until the rate is lower and warms up over many steps',
  labels: [['update_ratio', 'exploding_gradient', 'unstable_loss']],
  half: 'develop',
  experiment: translated(0.03, {}),
  twin: translated(0.002, { learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 40 } }),
};

const spectra = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) => Array.from({ length: 8 }, (___, f) => bell(96 * i + 8 * t + f))),
);
const onsets = spectra.map((frames) => frames.map((frame) => [Number(at(frame, 0) + at(frame, 1) > 0.5)]));
const heard = (rate: number) =>
  run(
    [12, 8],
    [
      { type: 'conv1d', filters: 16, kernel_size: 3, padding: 'same', activation: 'relu' },
      dropout(rate),
      gru(24, true),
      dropout(rate),
      layer(1, 'sigmoid'),
    ],
    inline(spectra, onsets),
    bce(adam(0.003), { steps: 250 }),
  );
const kept25: Published = {
  name: 'a-quarter-is-kept-and-no-onset-is-heard',
  source: 'https://github.com/magenta/magenta/pull/1623',
  accepted:
    '25 % were kept where 75 % were meant: there were no onsets for a long time, even on a few pieces',
  labels: [['excessive_dropout']],
  half: 'judge',
  experiment: heard(0.75),
  twin: heard(0.1),
};

const isFraud = (i: number) => chance(i + 115_000) < 0.02;
const payments = rows(1000, 5).map((row, i) => row.map((x) => x + (isFraud(i) ? 1.3 : 0)));
const fraud = (optimizer: Config, more: Config) =>
  run(
    [5],
    [layer(10, 'relu'), layer(10, 'relu'), layer(1, 'sigmoid')],
    inline(
      payments,
      payments.map((_, i) => [Number(isFraud(i))]),
    ),
    bce(optimizer, { steps: 300, ...more }),
  );
const allZero: Published = {
  name: 'all-payments-are-honest',
  source: 'https://stackoom.com/en/question/4QOjQ',
  accepted: 'less than one in a hundred is a fraud, and hardly counts: weigh them, or show more of them',
  labels: [['class_imbalance']],
  half: 'develop',
  experiment: fraud(adam(0.001), {}),
  twin: fraud(adam(0.003), { class_weights: 'balanced', steps: 150 }),
};

const tweets = Array.from({ length: 150 }, (_, i) =>
  Array.from({ length: 10 }, (__, t) =>
    Array.from({ length: 12 }, (___, j) => bell(120 * i + 12 * t + j + 900)),
  ),
);
const moods = tweets.map((words, i) =>
  chance(i + 116_000) < 0.3
    ? Math.floor(5 * chance(i + 117_000))
    : Math.min(4, Math.max(0, Math.floor(2.5 + words.reduce((sum, word) => sum + at(word, 0), 0) / 2))),
);
const smallSet: Published = {
  name: 'lstm-of-128-units-on-few-tweets',
  source: 'https://stats.stackexchange.com/questions/204745',
  accepted: 'overfitting: the validation accuracy falls while the training accuracy climbs; fewer units',
  labels: [['overfitting']],
  half: 'judge',
  experiment: run(
    [10, 12],
    [{ type: 'lstm', units: 48 }, layer(5, 'softmax')],
    inline(tweets, moods, { validation_split: 0.3 }),
    cce(adam(0.005), { steps: 300 }),
  ),
};

export const newest: readonly Published[] = [
  normOfOne,
  reluForRelu,
  dollars,
  rawPixels,
  rightInTraining,
  halfOfTheRange,
  dividedEachStep,
  outOfTheBowl,
  sortedFile,
  onceBroken,
  tooLow,
  sineOfIndices,
  noWarmup,
  kept25,
  allZero,
  smallSet,
];
