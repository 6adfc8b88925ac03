/**
 * @file The sixth set of sick experiments that nothing was tuned for (see unseen.ts): eight, each of two or three faults, with few samples and
 * small networks, so that a study of each takes less than a minute.
 */
import { act, drop, hard, norm, on, plain } from './hard_parts.ts';
import { at, bell, chance, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  normal,
  repeat,
  residual,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, circles, iris, wine, breast_cancer, digits, friedman } = tasks;

/** Twenty-four readings of which the first three tell the class; the others are noise. */
const longAgo = (scale: number): Task => {
  const inputs = Array.from({ length: 500 }, (_, i) =>
    Array.from({ length: 24 }, (__, t) => [
      scale * ((t < 3 ? 1.2 * ((i % 3) - 1) : 0) + 0.4 * bell(i * 24 + t + 5000)),
    ]),
  );
  const data = { type: 'inline', inputs, targets: inputs.map((_, i) => i % 3) };
  return { ...iris, data, shape: [24, 1], outputs: 3 };
};

/** Tiny amounts, which numbers in the thousands tell. */
const traces = (more: Config = {}): Task => {
  const inputs = rows(500, 4).map((row) => row.map((x, j) => 2000 * (j + 1) + 900 * x));
  const targets = inputs.map((row) => {
    const [a, b, c] = [0, 1, 2].map((j) => (at(row, j) - 2000 * (j + 1)) / 900) as [number, number, number];
    return 1e-4 * (a * b + Math.sin(2 * c));
  });
  return {
    ...friedman,
    data: { type: 'inline', inputs, targets, ...more },
    shape: [4],
    loss: 'mean_absolute_error',
  };
};

/** Three clouds, of which the second and the third are rare, class after class. */
const rare = (shuffle: boolean): Task => {
  const label = (i: number) => (i < 540 ? 0 : i < 580 ? 1 : 2);
  const inputs = rows(600, 4).map((row, i) => row.map((x, j) => 0.6 * x + (j === label(i) ? 2 : 0)));
  const data = { type: 'inline', inputs, targets: inputs.map((_, i) => label(i)), shuffle };
  return { ...iris, data: { ...data, validation_split: 0 }, shape: [4], outputs: 3 };
};

/** Whether a point lies in one of two opposite quarters, told by yes and no. */
const quarters: Task = (() => {
  const inputs = Array.from({ length: 500 }, (_, i) => [
    20 * (chance(2 * i) - 0.5),
    20 * (chance(2 * i + 1) - 0.5),
  ]);
  const targets = inputs.map((row) => Number(at(row, 0) * at(row, 1) > 0));
  return { ...moons, data: { type: 'inline', inputs, targets }, shape: [2] };
})();

const strips: Task = { ...digits, shape: [8, 8] };
const layerNorm: Config = { type: 'layer_norm' };
const attend: Config = { type: 'self_attention', heads: 2 };
const embed: readonly Config[] = [dense(16), { type: 'positional_embedding' }];
const average: Config = { type: 'global_average_pool1d' };

export const sixthSet: readonly Draft[] = [
  hard(
    'twenty-two-sigmoids-by-slow-adam',
    classifier(circles, [repeat(22, dense(12, 'sigmoid'))], adam(3e-4)),
    plain(circles),
  ),
  hard(
    'long-ago-by-a-loop-that-explodes',
    classifier(
      longAgo(10),
      [{ type: 'simple_rnn', units: 16, recurrent_initializer: { type: 'normal', stddev: 1.5 } }],
      sgd(0.2),
      { steps: 300, gradient_clipping: { type: 'global_norm', max_norm: 0.01 } },
    ),
    classifier(longAgo(1), [{ type: 'gru', units: 20 }], adam(0.01), { steps: 300 }),
    'recurrent',
  ),
  hard(
    'three-post-norm-blocks-by-momentum',
    classifier(
      strips,
      [
        ...embed,
        repeat(
          3,
          residual(attend),
          layerNorm,
          residual(dense(32, 'relu', normal(0.8)), dense(16, 'linear', normal(0.8))),
          layerNorm,
        ),
        average,
      ],
      sgd(0.5, 0.95),
      { steps: 200 },
    ),
    classifier(
      strips,
      [...embed, residual(layerNorm, attend), residual(layerNorm, dense(32, 'relu'), dense(16)), average],
      adam(0.005),
      { steps: 250 },
    ),
    'attention',
  ),
  hard(
    'two-normalized-dropped-and-penalized',
    classifier(
      wine,
      [dense(24), norm(0.99), act('relu'), drop(0.9), dense(24), norm(0.99), act('relu'), drop(0.9)],
      sgd(0.05),
      { batch_size: 2, regularization: { l2: 1 } },
    ),
    plain(wine),
  ),
  hard(
    'units-five-below-of-raw-numbers',
    classifier(
      on(breast_cancer, { standardize: false }),
      [
        dense(24, 'relu', { ...normal(0.001), bias_initializer: { type: 'constant', value: -5 } }),
        dense(24, 'relu', { bias_initializer: { type: 'constant', value: -5 } }),
      ],
      adam(1e-4),
    ),
    plain(breast_cancer),
  ),
  hard(
    'nothing-at-the-start-and-a-long-step',
    classifier(
      quarters,
      [dense(24, 'tanh', { kernel_initializer: 'zeros' }), dense(24, 'tanh', normal(10))],
      {
        type: 'sgd',
        learning_rate: 2,
        momentum: 0.99,
      },
    ),
    plain(quarters),
  ),
  hard(
    'traces-from-thousands',
    classifier(traces(), [dense(32, 'sigmoid'), dense(32, 'sigmoid')], sgd(0.01, 0.9)),
    plain(traces({ standardize: true, standardize_targets: true }), { steps: 500 }),
  ),
  hard(
    'rare-clouds-in-turn-and-a-rate-that-ends',
    classifier(rare(false), [dense(24, 'sigmoid'), dense(24, 'sigmoid')], sgd(0.03), {
      learning_rate_schedule: { type: 'step', step_size: 30, gamma: 0.1 },
    }),
    plain(rare(true), { class_weights: 'balanced' }),
  ),
];
