/**
 * @file Networks that people could not train, as they asked about them in public: each with the cause that was accepted there, written
 * down before the service was asked. Sizes are reduced and data generated; what was wrong is as it was.
 */
import { bell, chance, even, rows } from '../numbers.ts';
import { type Config, dense } from '../scenario.ts';

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

export const stackoverflow = (post: number) => `https://stackoverflow.com/questions/${post}`;
export const github = (repository: string, issue: number) =>
  `https://github.com/${repository}/issues/${issue}`;
export const keras = (issue: number) => `https://github.com/keras-team/keras/issues/${issue}`;

// What Keras does by default, in version 1 and since.
export const glorot: Config = { kernel_initializer: 'glorot_uniform' };
export const uniform05: Config = { kernel_initializer: { type: 'uniform', min: -0.05, max: 0.05 } };
export const normal05: Config = { kernel_initializer: { type: 'normal', stddev: 0.05 } };
export const layer = (units: number, activation = 'linear') => dense(units, activation, glorot);
export const rmsprop = (learning_rate: number): Config => ({ type: 'rmsprop', learning_rate });
export const nesterov = (learning_rate: number, momentum: number): Config => ({
  type: 'sgd',
  learning_rate,
  momentum,
  nesterov: true,
});
export const dropout = (rate: number): Config => ({ type: 'dropout', rate });
export const conv = (filters: number, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation: 'relu',
  ...glorot,
  ...more,
});
export const pool: Config = { type: 'max_pool2d', pool_size: 2 };

export const run = (
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

export const inline = (inputs: unknown, targets: unknown, more: Config = {}): Config => ({
  type: 'inline',
  inputs,
  targets,
  ...more,
});
export const mse = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'mean_squared_error',
  optimizer,
  ...more,
});
export const bce = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'binary_cross_entropy',
  optimizer,
  ...more,
});
export const cce = (optimizer: Config, more: Config = {}): Config => ({
  loss: 'categorical_cross_entropy',
  optimizer,
  ...more,
});

export const xor = (targets: readonly number[] = [0, 1, 1, 0]): Config =>
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
export const oneHot = (label: number, classes: number) =>
  Array.from({ length: classes }, (_, j) => Number(j === label));

/** Clusters around random centres, as numbers of classes. */
export function clusters(samples: number, features: number, classes: number, spread = 0.6) {
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

export const digits = (scale = 1 / 16): Config => ({ type: 'digits', scale });
export const iris: Config = { type: 'iris' };

export const hugeRegression = even(600, 3, 0, 10_000);

export const circles: Config = { type: 'circles', samples: 500, noise: 0.05, factor: 0.5 };

export const trainer = 'https://github.com/shiningrain/AUTOTRAINER';

export const umlaut = 'https://doi.org/10.1145/3411764.3445538 (UMLAUT, CHI 2021)';
