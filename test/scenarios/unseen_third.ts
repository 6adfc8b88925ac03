/** @file The third set of sick experiments that nothing was tuned for (see unseen.ts): twenty, with other data, layers and losses. */
import { act, conv, drop, flat, hard, image, norm, on, plain, plainImage, relu } from './hard_parts.ts';
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
  residual,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { circles, blobs, spirals, iris, wine, breast_cancer, digits, friedman, teacher } = tasks;

const diabetes = (more: Config = {}): Task => ({
  ...friedman,
  data: { type: 'diabetes', standardize: true, ...more },
  shape: [10],
});

/** Which of four tokens stands most often among ten. */
const majority: Config = (() => {
  const inputs = Array.from({ length: 500 }, (_, i) =>
    Array.from({ length: 10 }, (__, j) => Math.floor(4 * chance(i * 10 + j + 5)) % (chance(i) < 0.5 ? 4 : 3)),
  );
  const counts = (row: readonly number[]) => [0, 1, 2, 3].map((k) => row.filter((x) => x === k).length);
  const targets = inputs.map((row) => counts(row).indexOf(Math.max(...counts(row))));
  return { type: 'inline', inputs, targets };
})();

/** A network on tokens. */
const onTokens = (layers: readonly Config[], optimizer: Config, training: Config = {}): Config => ({
  network: { input: { shape: [10], dtype: 'token' }, layers: [...layers, dense(4)] },
  data: majority,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps: 300, ...training },
});
const embedding = (stddev: number): Config => ({
  type: 'embedding',
  vocabulary: 4,
  dimensions: 12,
  table_initializer: { type: 'normal', stddev },
});
const average: Config = { type: 'global_average_pool1d' };

/** Two numbers from five. */
const pair = (scale: number): Task => {
  const inputs = rows(500, 5);
  const targets = inputs.map((row) => [
    scale * (at(row, 0) + at(row, 1) ** 2),
    scale * Math.sin(at(row, 2) + at(row, 3)),
  ]);
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [5], outputs: 2 };
};

/** Amounts below 0. */
const debts: Task = {
  ...friedman,
  data: {
    type: 'inline',
    inputs: rows(400, 4),
    targets: rows(400, 4).map((row) => -3 - Math.abs(at(row, 0)) - at(row, 1) ** 2),
  },
  shape: [4],
};

/** The classes one after the other. */
const sorted = (shuffle: boolean): Task => {
  const inputs = rows(900, 6).map((row, i) =>
    row.map((x, j) => x + (j === Math.floor(i / 150) ? 2.5 : 0) - (j === (i + 1) % 6 ? 0.2 : 0)),
  );
  const data = { type: 'inline', inputs, targets: inputs.map((_, i) => Math.floor(i / 150)), shuffle };
  return { ...iris, data: { ...data, validation_split: 0 }, shape: [6], outputs: 6 };
};

/** A line with noise, of as many numbers as there are samples for each. */
const noisy: Task = (() => {
  const inputs = rows(160, 20);
  const targets = inputs.map((row, i) => at(row, 0) - at(row, 7) + 0.6 * bell(i + 5005));
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, validation_split: 0.4 },
    shape: [20],
  };
})();

const strips: Task = { ...digits, shape: [8, 8] };
const attend: Config = { type: 'self_attention', heads: 4 };
const layerNorm: Config = { type: 'layer_norm' };
const embed: readonly Config[] = [dense(16), { type: 'positional_embedding' }];
const pool: Config = { type: 'max_pool2d', pool_size: 2 };

export const thirdSet: readonly Draft[] = [
  hard(
    'whole-maps-dropped',
    classifier(
      image,
      [
        conv(8, 'relu'),
        { type: 'spatial_dropout2d', rate: 0.9 },
        conv(8, 'relu'),
        { type: 'spatial_dropout2d', rate: 0.9 },
        flat,
      ],
      adam(0.001),
      { steps: 200 },
    ),
    plainImage,
    'convolutional',
  ),
  hard(
    'teacher-dropped-0.9-before-every-layer',
    classifier(
      teacher,
      [drop(0.9), dense(32, 'tanh'), drop(0.9), dense(32, 'tanh')],
      { type: 'rmsprop', learning_rate: 0.001 },
      { steps: 250 },
    ),
    plain(teacher),
  ),
  hard(
    'decay-8-of-silu',
    classifier(spirals, [repeat(2, dense(32, 'silu'))], {
      type: 'adamw',
      learning_rate: 0.005,
      weight_decay: 8,
    }),
    plain(spirals, { steps: 500 }),
  ),
  hard(
    'squared-penalty-of-convolutions',
    classifier(image, [conv(6, 'tanh'), pool, conv(12, 'tanh'), flat], sgd(0.05, 0.9), {
      steps: 150,
      regularization: { l2: 0.5 },
    }),
    plainImage,
    'convolutional',
  ),
  hard(
    'averages-of-0.9999-in-four-layers',
    classifier(
      blobs,
      [repeat(4, dense(16), norm(0.9999), act('relu'))],
      { type: 'sgd', learning_rate: 0.05, momentum: 0.9 },
      { steps: 200 },
    ),
    plain(blobs),
  ),
  hard(
    'statistics-of-two-samples',
    classifier(wine, [dense(32), norm(0.9), act('tanh'), dense(32), norm(0.9), act('tanh')], adam(0.003), {
      batch_size: 2,
    }),
    plain(wine),
  ),
  hard(
    'noise-of-15-in-a-loop-of-layers',
    classifier(
      breast_cancer,
      [repeat(3, dense(24, 'relu'), { type: 'gaussian_noise', stddev: 15 })],
      sgd(0.02),
    ),
    plain(breast_cancer),
  ),
  hard(
    'diabetes-by-heart',
    classifier(diabetes({ standardize_targets: true }), [relu(128), relu(128)], adam(0.005), { steps: 900 }),
    classifier(diabetes({ standardize_targets: true }), [], adam(0.02), { steps: 400 }),
  ),
  hard(
    'noisy-line-by-heart',
    classifier(
      noisy,
      [dense(100, 'elu'), dense(100, 'elu')],
      { type: 'rmsprop', learning_rate: 0.003 },
      {
        steps: 500,
        batch_size: 16,
      },
    ),
    classifier(noisy, [], adam(0.02), { steps: 200, batch_size: 16 }),
  ),
  hard(
    'tanh-of-hundreds',
    classifier(on(blobs, { scale: 200 }), [dense(20, 'tanh'), dense(20, 'tanh')], sgd(0.003)),
    plain(blobs),
  ),
  hard(
    'raw-diabetes',
    classifier(diabetes({ standardize: false }), [dense(24, 'sigmoid')], sgd(0.001)),
    classifier(diabetes({ standardize_targets: true }), [relu(16)], adam(0.003), { steps: 200 }),
  ),
  hard(
    'two-targets-of-thousands',
    classifier(pair(3000), [relu(24), relu(24)], sgd(0.01, 0.9)),
    plain(pair(1)),
  ),
  hard(
    'relu-for-debts',
    experiment(debts, [dense(24, 'tanh'), dense(1, 'relu')], adam(0.003)),
    plain(debts, { steps: 500 }),
  ),
  hard(
    'softmax-of-one',
    experiment(
      { ...circles, loss: 'binary_cross_entropy' },
      [relu(24), relu(24), dense(1, 'softmax')],
      adam(0.003),
    ),
    experiment(
      { ...circles, loss: 'binary_cross_entropy' },
      [relu(24), relu(24), dense(1, 'sigmoid')],
      adam(0.01),
    ),
  ),
  hard(
    'six-classes-in-turn',
    classifier(sorted(false), [dense(32), norm(0.9), act('relu'), dense(16, 'relu')], sgd(0.2, 0.9)),
    plain(sorted(true)),
  ),
  hard(
    'strips-read-by-a-wild-loop',
    classifier(
      strips,
      [{ type: 'simple_rnn', units: 32, recurrent_initializer: { type: 'normal', stddev: 1.5 } }],
      sgd(0.3),
      { steps: 250 },
    ),
    classifier(strips, [{ type: 'gru', units: 32 }], adam(0.01), { steps: 250 }),
    'recurrent',
  ),
  hard(
    'both-directions-slowly',
    classifier(
      strips,
      [{ type: 'bidirectional', layer: { type: 'lstm', units: 16, unit_forget_bias: false } }],
      sgd(1e-3),
      { steps: 250 },
    ),
    classifier(strips, [{ type: 'bidirectional', layer: { type: 'lstm', units: 16 } }], adam(0.01), {
      steps: 250,
    }),
    'recurrent',
  ),
  hard(
    'eight-post-norms',
    classifier(
      strips,
      [
        ...embed,
        repeat(8, residual(attend), layerNorm, residual(dense(32, 'relu'), dense(16)), layerNorm),
        average,
      ],
      adam(0.03),
      { steps: 200 },
    ),
    classifier(
      strips,
      [
        ...embed,
        repeat(2, residual(layerNorm, attend), residual(layerNorm, dense(32, 'relu'), dense(16))),
        average,
      ],
      adam(0.003),
      { steps: 250 },
    ),
    'attention',
  ),
  hard(
    'tokens-of-forty',
    onTokens([embedding(40), average, dense(24, 'tanh')], sgd(0.01), { regularization: { l2: 0.05 } }),
    onTokens([embedding(1), average, relu(24)], adam(0.01)),
  ),
  hard(
    'short-deep-and-raw',
    {
      ...classifier(
        on(breast_cancer, { standardize: false }),
        [repeat(7, dense(16, 'tanh', normal(0.02)))],
        sgd(0.01),
        {
          steps: 60,
          batch_size: 16,
        },
      ),
      remedies: { max_trials: 30 },
    },
    plain(breast_cancer, { steps: 200 }),
  ),
];
