/**
 * @file The fifth set of sick experiments that nothing was tuned for (see unseen.ts): twenty, as somebody would write them who wants the
 * service to fail. Mostly several faults at once, on kinds of networks and data that the other sets have few of.
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

const { moons, circles, iris, wine, breast_cancer, digits, friedman } = tasks;

/** Twelve readings in time, of which the place of a peak tells the class. */
const peaks = (scale: number): Task => {
  const inputs = Array.from({ length: 600 }, (_, i) =>
    Array.from({ length: 12 }, (__, t) => [
      scale * ((t >> 2 === i % 3 ? 1.5 : 0) + 0.5 * bell(i * 24 + t)),
      scale * 0.5 * bell(i * 24 + t + 12),
    ]),
  );
  const data = { type: 'inline', inputs, targets: inputs.map((_, i) => i % 3) };
  return { ...iris, data, shape: [12, 2], outputs: 3 };
};

/** Which of two words a sentence of ten begins with, or whether it has neither: other words fill it. */
const sentences: Config = (() => {
  const inputs = Array.from({ length: 600 }, (_, i) =>
    Array.from({ length: 10 }, (__, j) => (j === 0 ? i % 3 : 3 + Math.floor(7 * chance(i * 10 + j + 17)))),
  );
  return { type: 'inline', inputs, targets: inputs.map((_, i) => i % 3) };
})();
const onSentences = (layers: readonly Config[], optimizer: Config, training: Config = {}): Config => ({
  network: { input: { shape: [10], dtype: 'token' }, layers: [...layers, dense(3)] },
  data: sentences,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps: 250, ...training },
});
const embedding = (dimensions: number, stddev: number): Config => ({
  type: 'embedding',
  vocabulary: 10,
  dimensions,
  table_initializer: { type: 'normal', stddev },
});

/** One in sixteen is of the second class, which lies apart. */
const rare = (scale: number): Task => {
  const inputs = rows(800, 4).map((row, i) =>
    row.map((x, j) => scale * (x + (i % 16 === 0 && j < 3 ? 2.2 : 0))),
  );
  const targets = inputs.map((_, i) => Number(i % 16 === 0));
  return { ...moons, data: { type: 'inline', inputs, targets }, shape: [4] };
};

/** A price of a house by its size, rooms and place, which are of very different sizes. */
const prices = (more: Config = {}): Task => {
  const inputs = even(600, 3).map((row) => [
    40 + 160 * at(row, 0),
    1 + Math.floor(6 * at(row, 1)),
    1e4 * at(row, 2),
  ]);
  const targets = inputs.map((row) => 3000 * at(row, 0) + 2e4 * at(row, 1) - 20 * at(row, 2) + 1e5);
  return { ...friedman, data: { type: 'inline', inputs, targets, ...more }, shape: [3] };
};

/** Two inputs of a network: numbers near 0, and numbers in the thousands. */
const two = {
  near: rows(500, 3),
  far: rows(500, 4).map((row) => row.map((x) => 3000 + 800 * x)),
};
const sums = two.near.map((row, i) => at(row, 0) * 2 + (at(two.far[i] ?? [], 1) - 3000) / 800);
const ofTwo = (layers: readonly Config[], data: Config, training: Config): Config => ({
  network: { inputs: { near: { shape: [3] }, far: { shape: [4] } }, layers },
  data: { type: 'inline', inputs: two, ...data },
  training: { batch_size: 32, steps: 300, ...training },
});
const towers = (activation: string, more: Config, output: Config): Config[] => [
  { ...dense(16, activation, more), name: 'a', inputs: ['near'] },
  { ...dense(16, activation, more), name: 'b', inputs: ['far'] },
  { type: 'concatenate', inputs: ['a', 'b'] },
  output,
];

/** Numbers of events. */
const events: Task = (() => {
  const inputs = rows(600, 4);
  const targets = inputs.map((row) => Math.round(Math.exp(1.5 + 0.5 * at(row, 1) + 0.3 * at(row, 2))));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [4], loss: 'poisson' };
})();

/** A noisy line of few samples, of which most numbers say nothing. */
const few: Task = (() => {
  const inputs = rows(150, 15);
  const targets = inputs.map((row, i) => at(row, 2) + at(row, 6) + 0.6 * bell(i + 60_606));
  return { ...friedman, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [15] };
})();

/** Four clouds, class after class. */
const clouds = (shuffle: boolean): Task => {
  const inputs = rows(800, 5).map((row, i) => row.map((x, j) => (j === Math.floor(i / 200) ? x + 3 : x)));
  const data = { type: 'inline', inputs, targets: inputs.map((_, i) => Math.floor(i / 200)), shuffle };
  return { ...iris, data: { ...data, validation_split: 0 }, shape: [5], outputs: 4 };
};

const strips: Task = { ...digits, shape: [8, 8] };
const layerNorm: Config = { type: 'layer_norm' };
const attend = (more: Config = {}): Config => ({ type: 'self_attention', heads: 2, ...more });
const positions: Config = { type: 'positional_embedding' };
const average: Config = { type: 'global_average_pool1d' };
const gru = (units: number): Config => ({ type: 'gru', units });

export const fifthSet: readonly Draft[] = [
  hard(
    'two-plain-loops-of-raw-numbers',
    classifier(
      { ...strips, data: { type: 'digits' } },
      [
        { type: 'simple_rnn', units: 24, return_sequences: true },
        { type: 'simple_rnn', units: 24 },
      ],
      sgd(0.3, 0.9),
      { steps: 250 },
    ),
    classifier(strips, [gru(24)], adam(0.01), { steps: 250 }),
    'recurrent',
  ),
  hard(
    'peaks-of-500-by-a-forgetful-lstm',
    classifier(
      peaks(500),
      [{ type: 'lstm', units: 20, unit_forget_bias: false }, drop(0.85)],
      sgd(0.003, 0.9),
      { steps: 300, gradient_clipping: { type: 'value', max_value: 1e-4 } },
    ),
    classifier(peaks(1), [gru(20)], adam(0.01), { steps: 300 }),
    'recurrent',
  ),
  hard(
    'both-ways-dropped-and-slow',
    classifier(
      strips,
      [
        { type: 'bidirectional', layer: { type: 'gru', units: 16, recurrent_dropout: 0.8 } },
        drop(0.9),
        dense(16, 'sigmoid'),
      ],
      adam(3e-4),
      { steps: 200 },
    ),
    classifier(strips, [{ type: 'bidirectional', layer: gru(16) }], adam(0.01), { steps: 250 }),
    'recurrent',
  ),
  hard(
    'first-words-without-positions',
    onSentences([embedding(16, 0.05), attend(), attend(), average, dense(16, 'tanh')], adam(0.1), {
      learning_rate_schedule: { type: 'exponential', decay_rate: 0.5, decay_steps: 20 },
    }),
    onSentences([embedding(16, 0.5), { type: 'flatten' }, relu(24)], adam(0.01)),
    'attention',
  ),
  hard(
    'wide-tables-hardly-moved',
    onSentences([embedding(12, 60), { type: 'flatten' }, dense(24, 'sigmoid')], adam(1e-5), {
      regularization: { l1: 0.05 },
    }),
    onSentences([embedding(12, 0.5), { type: 'flatten' }, relu(24)], adam(0.01)),
  ),
  hard(
    'attention-of-large-kernels-by-momentum',
    classifier(
      strips,
      [
        dense(16, 'linear', normal(1)),
        repeat(4, residual(attend(normal(1))), residual(dense(32, 'relu', normal(1)), dense(16))),
        average,
      ],
      sgd(0.2, 0.9),
      { steps: 200 },
    ),
    classifier(
      strips,
      [
        dense(16),
        positions,
        residual(layerNorm, attend()),
        residual(layerNorm, dense(32, 'relu'), dense(16)),
        average,
      ],
      adam(0.005),
      { steps: 250 },
    ),
    'attention',
  ),
  hard(
    'five-sigmoid-convolutions-of-raw-pixels',
    classifier({ ...image, data: { type: 'digits' } }, [repeat(5, conv(8, 'sigmoid')), flat], sgd(0.5, 0.9), {
      steps: 150,
      batch_size: 16,
    }),
    plainImage,
    'convolutional',
  ),
  hard(
    'maps-normalized-over-two-images',
    classifier(
      image,
      [conv(8, 'linear'), norm(0.999), act('relu'), conv(8, 'linear'), norm(0.999), act('relu'), flat],
      sgd(0.3, 0.9),
      { steps: 200, batch_size: 2 },
    ),
    plainImage,
    'convolutional',
  ),
  hard(
    'instances-of-one-pixel',
    classifier(
      image,
      [
        conv(8, 'relu', { stride: 2 }),
        conv(16, 'relu', { stride: 2 }),
        conv(16, 'linear', { stride: 2 }),
        { type: 'instance_norm' },
        act('relu'),
        flat,
      ],
      adam(0.003),
      { steps: 150 },
    ),
    plainImage,
    'convolutional',
  ),
  hard(
    'a-window-dropped-and-cut-short',
    classifier(
      strips,
      [
        { type: 'conv1d', filters: 16, kernel_size: 3, activation: 'tanh' },
        { type: 'spatial_dropout1d', rate: 0.9 },
        flat,
      ],
      sgd(0.05),
      { steps: 200, learning_rate_schedule: { type: 'step', step_size: 10, gamma: 0.01 } },
    ),
    classifier(
      strips,
      [{ type: 'conv1d', filters: 16, kernel_size: 3, activation: 'relu' }, flat],
      adam(0.005),
      {
        steps: 200,
      },
    ),
    'convolutional',
  ),
  hard(
    'prices-by-dead-units',
    experiment(
      prices(),
      [dense(32, 'relu', { bias_initializer: { type: 'constant', value: -3 } }), relu(32), dense(1, 'relu')],
      sgd(1e-3, 0.9),
    ),
    plain(prices({ standardize: true, standardize_targets: true })),
  ),
  hard(
    'one-in-sixteen-of-hundreds-by-deep-tanh',
    classifier(rare(150), [repeat(4, dense(16, 'tanh'))], sgd(0.003)),
    plain({ ...rare(1) }, { class_weights: 'balanced' }),
  ),
  hard(
    'thirty-chaotic-tanh-with-penalty',
    classifier(circles, [repeat(30, dense(20, 'tanh', normal(1)))], adam(0.01), {
      regularization: { l2: 0.03 },
    }),
    plain(circles),
  ),
  hard(
    'momentum-of-0.99-at-rate-3',
    classifier(wine, [relu(24), drop(0.7), relu(24)], { type: 'sgd', learning_rate: 3, momentum: 0.99 }),
    plain(wine),
  ),
  hard(
    'twenty-blocks-that-add-up',
    classifier(
      on(breast_cancer, { standardize: false }),
      [dense(16), repeat(20, residual(relu(16), dense(16, 'linear', normal(0.5))))],
      sgd(0.1, 0.9),
    ),
    plain(breast_cancer),
  ),
  hard(
    'thousands-beside-ones',
    ofTwo(
      towers('sigmoid', {}, dense(1)),
      { targets: sums.map((sum) => 700 + 40 * sum) },
      { loss: 'mean_squared_error', optimizer: sgd(0.01, 0.9) },
    ),
    ofTwo(
      towers('relu', {}, dense(1)),
      { targets: sums.map((sum) => 700 + 40 * sum), standardize: true, standardize_targets: true },
      { loss: 'mean_squared_error', optimizer: adam(0.01) },
    ),
  ),
  hard(
    'two-inputs-clipped-and-saturated',
    ofTwo(
      towers('tanh', normal(2), dense(2)),
      { targets: sums.map((sum) => Number(sum > 0)) },
      {
        loss: 'softmax_cross_entropy',
        optimizer: sgd(0.05),
        gradient_clipping: { type: 'global_norm', max_norm: 1e-3 },
      },
    ),
    ofTwo(
      towers('relu', {}, dense(2)),
      { targets: sums.map((sum) => Number(sum > 0)), standardize: true },
      { loss: 'softmax_cross_entropy', optimizer: adam(0.01) },
    ),
  ),
  hard(
    'events-by-a-bounded-output',
    experiment(events, [dense(16, 'tanh', normal(2)), dense(1, 'sigmoid')], sgd(0.001), { steps: 200 }),
    experiment(events, [relu(32), dense(1, 'softplus')], adam(0.01), { steps: 400 }),
  ),
  hard(
    'few-by-heart-in-batches-of-4',
    classifier(few, [relu(160), relu(160)], adam(0.005), { steps: 800, batch_size: 4 }),
    classifier(few, [], adam(0.02), { steps: 200, batch_size: 16 }),
  ),
  hard(
    'clouds-in-turn-from-equal-weights',
    classifier(
      clouds(false),
      [dense(32, 'relu', { kernel_initializer: 'ones' }), dense(16, 'relu', { kernel_initializer: 'ones' })],
      { type: 'rmsprop', learning_rate: 0.05 },
      { batch_size: 8 },
    ),
    plain(clouds(true)),
  ),
];
