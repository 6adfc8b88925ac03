/**
 * @file The eighth set of sick experiments that nothing was tuned for (see unseen.ts): fourteen, of what the other sets have least of.
 * Classes of every time step, values of a sequence, words of which the order counts, few pictures and few sequences, the hinge loss,
 * two targets of different size, curves in order, few trials, deep stacks of rare activations.
 */
import { act, conv, drop, flat, hard, image, norm, on, plain, plainImage, relu } from './hard_parts.ts';
import { at, bell, chance, even, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  normal,
  repeat,
  residual,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, circles, iris, wine, digits, friedman } = tasks;

const steps = (length: number): number[] => Array.from({ length }, (_, t) => t);
const sequences = <T>(count: number, length: number, value: (i: number, t: number) => T): T[][] =>
  Array.from({ length: count }, (_, i) => steps(length).map((t) => value(i, t)));

/** Of every time step: whether the last shock was upwards. */
const shocks: Task = (() => {
  const isShock = (i: number, t: number) => chance(i * 15 + t + 11) < 0.25;
  const isUp = (i: number, t: number) => chance(i * 15 + t + 50_000) < 0.5;
  const inputs = sequences(400, 15, (i, t) => [
    (isShock(i, t) ? (isUp(i, t) ? 2 : -2) : 0) + 0.2 * bell(i * 15 + t + 3),
  ]);
  const targets = inputs.map((_, i) => {
    let last = 0;
    return steps(15).map((t) => {
      if (isShock(i, t)) last = isUp(i, t) ? 1 : 0;
      return last;
    });
  });
  return { ...moons, data: { type: 'inline', inputs, targets }, shape: [15, 1] };
})();

/** A tiny amount that two of twelve readings in the thousands tell. */
const gauges = (more: Config = {}): Task => {
  const reading = (i: number, t: number) => bell(i * 12 + t + 700);
  const inputs = sequences(500, 12, (i, t) => [8000 + 300 * reading(i, t)]);
  const targets = inputs.map((_, i) => 1e-3 * (reading(i, 2) + reading(i, 9)));
  return { ...friedman, data: { type: 'inline', inputs, targets, ...more }, shape: [12, 1] };
};

/** Eight words, and which of the first two of the vocabulary comes first. */
const firsts: Config = (() => {
  const inputs = Array.from({ length: 600 }, (_, i) => {
    const words = steps(8).map((j) => 2 + Math.floor(8 * chance(i * 8 + j + 90)));
    const [early, late] = [Math.floor(4 * chance(i + 300)), 4 + Math.floor(4 * chance(i + 4300))];
    return words.map((word, j) => (j === early ? i % 2 : j === late ? 1 - (i % 2) : word));
  });
  return { type: 'inline', inputs, targets: inputs.map((_, i) => i % 2) };
})();
const onFirsts = (layers: readonly Config[], optimizer: Config, training: Config = {}): Config => ({
  network: { input: { shape: [8], dtype: 'token' }, layers: [...layers, dense(2)] },
  data: firsts,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps: 300, ...training },
});
const table = (stddev: number): Config => ({
  type: 'embedding',
  vocabulary: 10,
  dimensions: 16,
  table_initializer: { type: 'normal', stddev },
});

/** Sixteen readings of one of three shapes: a rise, a fall, and a hill. */
const shapes: Task = (() => {
  const shape = (kind: number, t: number) =>
    kind === 0 ? t / 8 - 1 : kind === 1 ? 1 - t / 8 : 1 - Math.abs(t - 8) / 4;
  const inputs = sequences(360, 16, (i, t) => [shape(i % 3, t) + 0.6 * bell(i * 16 + t + 8100)]);
  return {
    ...iris,
    data: { type: 'inline', inputs, targets: inputs.map((_, i) => i % 3) },
    shape: [16, 1],
    outputs: 3,
  };
})();

/** Few pictures, a little brighter on the left or on the right. */
const pictures: Task = (() => {
  const six = steps(6);
  const inputs = Array.from({ length: 180 }, (_, i) => [
    six.map((y) =>
      six.map((x) => (i % 2 === Number(x < 3) ? 0.3 : -0.3) + bell(i * 36 + y * 6 + x + 12_345)),
    ),
  ]);
  const targets = inputs.map((_, i) => i % 2);
  return { ...moons, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [1, 6, 6] };
})();

/** Few sequences, whose mean tells the value, and noise. */
const means: Task = (() => {
  const inputs = sequences(150, 10, (i, t) => [bell(i * 20 + t + 61), bell(i * 20 + t + 71)]);
  const targets = inputs.map(
    (sequence, i) => sequence.reduce((sum, step) => sum + at(step, 0), 0) / 3 + 0.6 * bell(i + 99_000),
  );
  return { ...friedman, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [10, 2] };
})();

/** A value in the hundred thousands, and one in the thousandths. */
const unlike = (more: Config = {}): Task => {
  const inputs = even(500, 4, -1, 1);
  const targets = inputs.map((row) => [
    4e5 + 1e5 * (at(row, 0) + at(row, 1) * at(row, 2)),
    2e-3 * Math.sin(2 * at(row, 3)),
  ]);
  return { ...friedman, data: { type: 'inline', inputs, targets, ...more }, shape: [4], outputs: 2 };
};

/** Whether a point lies outside of a ring, for the hinge loss. */
const outside = (scale: number): Task => {
  const inputs = rows(500, 2).map((row) => row.map((x) => scale * x));
  const targets = inputs.map((row) => Number(Math.hypot(at(row, 0), at(row, 1)) > 1.2 * scale));
  return { ...moons, data: { type: 'inline', inputs, targets }, shape: [2], outputs: 1, loss: 'hinge' };
};

/** A curve of two inputs, its values from the smallest to the largest. */
const rising = (shuffle: boolean): Task => {
  const value = (row: readonly number[]) => Math.sin(at(row, 0)) + at(row, 1) ** 2 / 2;
  const inputs = rows(640, 2).toSorted((a, b) => value(a) - value(b));
  const data = { type: 'inline', inputs, targets: inputs.map(value), shuffle, validation_split: 0 };
  return { ...friedman, data, shape: [2] };
};

const strips: Task = { ...digits, shape: [8, 8] };
const attend = (more: Config = {}): Config => ({ type: 'self_attention', heads: 2, ...more });
const positions: Config = { type: 'positional_embedding' };
const layerNorm: Config = { type: 'layer_norm' };
const average: Config = { type: 'global_average_pool1d' };
const gru = (units: number, more: Config = {}): Config => ({ type: 'gru', units, ...more });

export const eighthSet: readonly Draft[] = [
  hard(
    'shocks-by-a-sigmoid-loop-that-forgets',
    classifier(
      shocks,
      [
        {
          ...{ type: 'simple_rnn', units: 16, activation: 'sigmoid', return_sequences: true },
          recurrent_initializer: { type: 'normal', stddev: 0.01 },
        },
        dense(16, 'sigmoid'),
      ],
      sgd(0.01),
      { gradient_clipping: { type: 'global_norm', max_norm: 1e-3 } },
    ),
    classifier(shocks, [gru(20, { return_sequences: true })], adam(0.01)),
    'recurrent',
  ),
  hard(
    'gauges-both-ways-and-most-dropped',
    classifier(
      gauges(),
      [
        { type: 'bidirectional', layer: { type: 'lstm', units: 16, unit_forget_bias: false } },
        drop(0.9),
        dense(16, 'tanh', normal(2)),
      ],
      sgd(0.001, 0.9),
    ),
    classifier(gauges({ standardize: true, standardize_targets: true }), [gru(24)], adam(0.01), {
      steps: 500,
    }),
    'recurrent',
  ),
  hard(
    'firsts-seen-as-a-set-by-tiny-tables',
    onFirsts(
      [table(0.02), attend(), drop(0.8), average, dense(24, 'tanh')],
      { type: 'rmsprop', learning_rate: 1e-5 },
      { regularization: { l2: 0.01 } },
    ),
    onFirsts([table(0.5), flat, relu(32)], adam(0.01)),
    'attention',
  ),
  hard(
    'blocks-without-norm-of-bright-strips',
    classifier(
      { ...strips, data: { type: 'digits', scale: 50 } },
      [dense(16), repeat(3, residual(attend(normal(0.7))), residual(dense(32, 'gelu'), dense(16))), average],
      sgd(1e-4, 0.9),
      { steps: 200, regularization: { l1: 0.1 } },
    ),
    classifier(
      strips,
      [
        ...[dense(16), positions, residual(layerNorm, attend())],
        ...[residual(layerNorm, dense(32, 'relu'), dense(16)), average],
      ],
      adam(0.005),
      { steps: 250 },
    ),
    'attention',
  ),
  hard(
    'ten-tanh-convolutions-slow-and-dropped',
    classifier(
      image,
      [repeat(10, conv(6, 'tanh', normal(0.05))), { type: 'spatial_dropout2d', rate: 0.8 }, flat],
      adam(1e-5),
      { steps: 150 },
    ),
    plainImage,
    'convolutional',
  ),
  hard(
    'shapes-one-at-a-time-at-rate-1',
    classifier(
      shapes,
      [
        { type: 'conv1d', filters: 12, kernel_size: 3, activation: 'linear' },
        norm(0.9999),
        act('relu'),
        { type: 'global_max_pool1d' },
      ],
      sgd(1),
      { batch_size: 1, steps: 400 },
    ),
    classifier(
      shapes,
      [{ type: 'conv1d', filters: 16, kernel_size: 5, activation: 'relu' }, flat],
      adam(0.005),
    ),
    'convolutional',
  ),
  hard(
    'pictures-by-heart',
    classifier(pictures, [conv(32, 'relu'), conv(32, 'relu'), flat, relu(64)], adam(0.003), {
      steps: 400,
      batch_size: 16,
    }),
    classifier(pictures, [flat], adam(0.01), { steps: 200, batch_size: 16, regularization: { l2: 0.03 } }),
    'convolutional',
  ),
  hard(
    'means-by-heart-in-a-loop',
    classifier(means, [gru(48)], adam(0.01), { steps: 600, batch_size: 16 }),
    classifier(means, [flat], adam(0.01), { steps: 200, batch_size: 16, regularization: { l2: 0.03 } }),
    'recurrent',
  ),
  hard(
    'friedman-in-a-storm-at-a-long-rate',
    classifier(
      friedman,
      [
        { type: 'gaussian_noise', stddev: 6 },
        dense(32, 'relu'),
        { type: 'gaussian_noise', stddev: 6 },
        drop(0.6),
        dense(16, 'sigmoid'),
      ],
      sgd(0.5, 0.95),
    ),
    plain(on(friedman, { standardize_targets: true }), { steps: 500 }),
  ),
  hard(
    'two-values-of-unlike-size',
    classifier(unlike(), [dense(24, 'sigmoid'), dense(24, 'sigmoid')], adam(0.001)),
    plain(unlike({ standardize: true, standardize_targets: true }), { steps: 500 }),
  ),
  hard(
    'hinge-of-a-ramp-below-zero',
    experiment(
      outside(40),
      [dense(16, 'hard_sigmoid'), dense(1, 'relu', { bias_initializer: { type: 'constant', value: -2 } })],
      sgd(1e-4),
    ),
    plain(outside(1)),
  ),
  hard(
    'rising-values-in-a-rate-that-ends',
    classifier(rising(false), [dense(24, 'tanh'), norm(0.99), dense(24, 'tanh')], sgd(0.3, 0.95), {
      batch_size: 8,
      learning_rate_schedule: { type: 'step', step_size: 60, gamma: 0.2 },
    }),
    plain(rising(true), { steps: 500 }),
  ),
  hard(
    'raw-wine-by-hard-sigmoids-in-16-trials',
    {
      ...classifier(
        on(wine, { standardize: false }),
        [repeat(6, dense(16, 'hard_sigmoid'))],
        { type: 'adagrad', learning_rate: 1e-4 },
        { regularization: { l2: 0.1 } },
      ),
      remedies: { max_trials: 16 },
    },
    plain(wine),
  ),
  hard(
    'twenty-six-softsigns-of-small-weights',
    classifier(circles, [repeat(26, dense(16, 'softsign', normal(0.1)))], {
      type: 'lion',
      learning_rate: 1e-6,
    }),
    plain(circles),
  ),
];
