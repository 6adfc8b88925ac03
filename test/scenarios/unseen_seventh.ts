/**
 * @file The seventh set of sick experiments that nothing was tuned for (see unseen.ts): twelve, most of them faults that published
 * benchmarks of sick networks hold (AUTOTRAINER, DeepFD, NeuraLint, UMLAUT, defect4ML), two or three in each; then a loop, attention,
 * convolutions and a map.
 */
import { conv, curve, drop, flat, hard, image, on, plain, plainImage, relu } from './hard_parts.ts';
import { at, bell, chance, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  normal,
  repeat,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, iris, breast_cancer, digits, friedman, spirals } = tasks;

/** Whether a point lies inside of a ring, told by 0 and 1. */
const ring = (loss: string): Task => {
  const inputs = rows(500, 2);
  const targets = inputs.map((row) => Number(Math.hypot(at(row, 0), at(row, 1)) < 1.1));
  return { ...moons, data: { type: 'inline', inputs, targets }, shape: [2], outputs: 1, loss };
};

/** Twenty readings of a wave, of which the frequency tells the class. */
const waves: Task = (() => {
  const inputs = Array.from({ length: 450 }, (_, i) =>
    Array.from({ length: 20 }, (__, t) => [
      Math.sin((0.4 + 0.5 * (i % 3)) * t + 6 * chance(i + 4000)) + 0.2 * bell(i * 20 + t + 31),
    ]),
  );
  return {
    ...iris,
    data: { type: 'inline', inputs, targets: inputs.map((_, i) => i % 3) },
    shape: [20, 1],
    outputs: 3,
  };
})();

/** Twelve words, and whether the first word of the vocabulary stands there more often than the second. */
const votes: Config = (() => {
  const inputs = Array.from({ length: 600 }, (_, i) =>
    Array.from({ length: 12 }, (__, j) => {
      const drawn = chance(i * 12 + j + 5);
      return drawn < 0.2 + 0.3 * (i % 2)
        ? 0
        : drawn < 0.7
          ? 1
          : 2 + Math.floor(6 * chance(i * 12 + j + 9000));
    }),
  );
  const count = (row: readonly number[], word: number) => row.filter((one) => one === word).length;
  return {
    type: 'inline',
    inputs,
    targets: inputs.map((row) => Number(count(row, 0) > count(row, 1))),
  };
})();
const onVotes = (layers: readonly Config[], optimizer: Config, training: Config = {}): Config => ({
  network: { input: { shape: [12], dtype: 'token' }, layers: [...layers, dense(2)] },
  data: votes,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps: 250, ...training },
});
const table = (stddev: number): Config => ({
  type: 'embedding',
  vocabulary: 8,
  dimensions: 12,
  table_initializer: { type: 'normal', stddev },
});
const average: Config = { type: 'global_average_pool1d' };

/** Noisy pictures in thousands, and a map of the places where one is brighter than its four neighbours together. */
const spots = (more: Config = {}): Task => {
  const pixel = (i: number, y: number, x: number) =>
    y < 0 || x < 0 || y > 5 || x > 5 ? 0 : bell(i * 36 + y * 6 + x + 70_000);
  const six = [0, 1, 2, 3, 4, 5];
  const inputs = Array.from({ length: 300 }, (_, i) => [
    six.map((y) => six.map((x) => 1000 * pixel(i, y, x))),
  ]);
  const isSpot = (i: number, y: number, x: number) =>
    pixel(i, y, x) > pixel(i, y - 1, x) + pixel(i, y + 1, x) + pixel(i, y, x - 1) + pixel(i, y, x + 1);
  const targets = inputs.map((_, i) => [six.map((y) => six.map((x) => Number(isSpot(i, y, x))))]);
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, ...more },
    shape: [1, 6, 6],
    loss: 'sigmoid_cross_entropy',
  };
};
const onSpots = (task: Task, layers: readonly Config[], optimizer: Config): Config =>
  experiment(task, [...layers, conv(1, 'linear')], optimizer, { steps: 200, batch_size: 16 });

export const seventhSet: readonly Draft[] = [
  hard(
    'softmax-of-one-unit-at-a-low-rate',
    experiment(ring('binary_cross_entropy'), [dense(16, 'relu'), dense(1, 'softmax')], sgd(0.001)),
    experiment(ring('binary_cross_entropy'), [relu(32), relu(32), dense(1, 'sigmoid')], adam(0.01)),
  ),
  hard(
    'yes-and-no-by-squares-of-a-ramp',
    experiment(
      ring('mean_squared_error'),
      [
        repeat(3, dense(16, 'sigmoid')),
        dense(1, 'relu', { bias_initializer: { type: 'constant', value: -1 } }),
      ],
      sgd(0.001),
    ),
    experiment(ring('binary_cross_entropy'), [relu(32), relu(32), dense(1, 'sigmoid')], adam(0.01)),
  ),
  hard(
    'raw-cells-at-rate-0.5-by-adam',
    classifier(on(breast_cancer, { standardize: false }), [dense(24, 'relu'), dense(24, 'relu')], adam(0.5)),
    plain(breast_cancer),
  ),
  hard(
    'spirals-without-an-activation',
    classifier(spirals, [repeat(3, dense(24))], sgd(0.01, 0.9), { steps: 400 }),
    plain(spirals, { steps: 600 }),
  ),
  hard(
    'digits-in-two-epochs-by-sigmoids',
    classifier(digits, [dense(32, 'sigmoid'), dense(32, 'sigmoid')], sgd(0.01), {
      steps: 40,
      batch_size: 64,
    }),
    plain(digits, { steps: 200 }),
  ),
  hard(
    'one-iris-at-a-time-and-most-dropped',
    classifier(iris, [dense(16, 'relu'), drop(0.8), dense(16, 'relu'), drop(0.8)], sgd(0.3), {
      batch_size: 1,
    }),
    plain(iris),
  ),
  hard(
    'saturated-sigmoids-for-raw-values',
    experiment(
      friedman,
      [dense(24, 'sigmoid', normal(4)), dense(24, 'sigmoid', normal(4)), dense(1, 'sigmoid')],
      sgd(0.01),
    ),
    plain(on(friedman, { standardize_targets: true }), { steps: 500 }),
  ),
  hard(
    'thousands-by-a-dead-ramp',
    experiment(curve(-5000, 800), [dense(32, 'relu'), dense(32, 'relu'), dense(1, 'relu')], adam(0.001)),
    plain(curve(-5000, 800, { standardize: true, standardize_targets: true })),
  ),
  hard(
    'a-loop-of-ramps-that-hardly-remembers',
    classifier(
      waves,
      [
        {
          type: 'simple_rnn',
          units: 16,
          activation: 'relu',
          recurrent_initializer: { type: 'normal', stddev: 0.01 },
        },
        drop(0.7),
      ],
      adam(0.2),
      { steps: 250 },
    ),
    classifier(waves, [{ type: 'gru', units: 20 }], adam(0.01), { steps: 300 }),
    'recurrent',
  ),
  hard(
    'votes-from-a-table-of-nothing',
    onVotes([table(0.001), { type: 'self_attention', heads: 2 }, average, dense(12, 'sigmoid')], sgd(0.01), {
      regularization: { l2: 0.02 },
    }),
    onVotes([table(0.5), average, relu(16)], adam(0.01)),
    'attention',
  ),
  hard(
    'four-small-sigmoid-convolutions-with-penalty',
    classifier(image, [repeat(4, conv(8, 'sigmoid', normal(0.02))), flat], sgd(0.1, 0.9), {
      steps: 120,
      batch_size: 16,
      regularization: { l2: 0.05 },
    }),
    plainImage,
    'convolutional',
  ),
  hard(
    'spots-of-thousands-by-tanh',
    onSpots(spots(), [conv(8, 'tanh', normal(1)), conv(8, 'tanh', normal(1))], sgd(0.001)),
    onSpots(spots({ standardize: true }), [conv(12, 'relu'), conv(12, 'relu')], adam(0.01)),
    'convolutional',
  ),
];
