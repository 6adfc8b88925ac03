/** @file What a scenario is, and short ways to write the parts of one. */

export type Config = Readonly<Record<string, unknown>>;

/** `develop` may be looked at while thresholds are chosen; `judge` is held back. */
export type Half = 'develop' | 'judge';

export const networkFamilies = ['dense', 'convolutional', 'recurrent', 'attention'] as const;
export type NetworkFamily = (typeof networkFamilies)[number];

export interface Scenario {
  readonly name: string;
  readonly half: Half;
  readonly network: NetworkFamily;
  readonly experiment: Config;
  /** Null for healthy ones. */
  readonly sickness: Sickness | null;
}

export interface Sickness {
  /** The rule that has to be found, as critical or warning; where the mechanism shows in two ways, either. */
  readonly rules: readonly string[];
  /** Layers of which at least one has to be named, by that rule; null where it names none. */
  readonly layers: readonly string[] | null;
  /** The same experiment, repaired: healthy, so that the sickness can be cured. */
  readonly twin: Config;
}

/** A scenario before it has a half. */
export type Draft = Omit<Scenario, 'half'>;

/** Every second scenario of a group is held back, so that both halves hold the same kinds. */
export const inHalves = (groups: readonly (readonly Draft[])[]): Scenario[] =>
  groups.flatMap((group) =>
    group.map((draft, index) => ({ ...draft, half: index % 2 === 0 ? 'develop' : 'judge' }) as const),
  );

// ————— parts of experiments —————

export const dense = (units: number, activation: unknown = 'linear', more: Config = {}): Config => ({
  type: 'dense',
  units,
  activation,
  ...more,
});

export const conv = (filters: number, activation: unknown, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation,
  ...more,
});
export const flatten = { type: 'flatten' };
export const repeat = (times: number, ...layers: Config[]): Config => ({ type: 'repeat', times, layers });
export const residual = (...layers: Config[]): Config => ({ type: 'residual', layers });
export const he: Config = { kernel_initializer: 'he_normal' };
export const lecun: Config = { kernel_initializer: 'lecun_normal' };
export const relu = (units: number) => dense(units, 'relu', he);
export const normal = (stddev: number): Config => ({ kernel_initializer: { type: 'normal', stddev } });
export const adam = (learning_rate: number): Config => ({ type: 'adam', learning_rate });
export const sgd = (learning_rate: number, momentum = 0): Config => ({
  type: 'sgd',
  learning_rate,
  momentum,
});

/** A data set with what a network needs to know of it. */
export interface Task {
  readonly name: string;
  readonly data: Config;
  readonly shape: readonly number[];
  readonly outputs: number;
  readonly loss: string;
}

const classification = (name: string, data: Config, shape: readonly number[], outputs: number): Task => ({
  name,
  data,
  shape,
  outputs,
  loss: 'softmax_cross_entropy',
});
const regression = (name: string, data: Config, shape: readonly number[]): Task => ({
  name,
  data,
  shape,
  outputs: 1,
  loss: 'mean_squared_error',
});

export const tasks = {
  moons: classification('moons', { type: 'moons', samples: 500, noise: 0.1 }, [2], 2),
  circles: classification('circles', { type: 'circles', samples: 500, noise: 0.03, factor: 0.5 }, [2], 2),
  blobs: classification('blobs', { type: 'blobs', samples: 500, centers: 4 }, [2], 4),
  xor: classification('xor', { type: 'xor', samples: 500 }, [2], 2),
  spirals: classification('spirals', { type: 'spirals', samples: 500, turns: 0.75 }, [2], 2),
  iris: classification('iris', { type: 'iris', standardize: true }, [4], 3),
  wine: classification('wine', { type: 'wine', standardize: true }, [13], 3),
  breast_cancer: classification('breast_cancer', { type: 'breast_cancer', standardize: true }, [30], 2),
  digits: classification('digits', { type: 'digits', scale: 0.0625 }, [64], 10),
  friedman: regression('friedman', { type: 'friedman', samples: 500 }, [10]),
  sine: regression('sine', { type: 'sine', samples: 400 }, [1]),
  teacher: regression('teacher', { type: 'teacher', samples: 1500, features: 10 }, [10]),
} as const satisfies Record<string, Task>;

export const image = { ...tasks.digits, shape: [1, 8, 8] };
/** The task, but with other data. */
export const raw = (task: Task, data: Config): Task => ({ ...task, data });

export const experiment = (
  task: Pick<Task, 'data' | 'shape' | 'loss'>,
  layers: readonly Config[],
  optimizer: Config,
  training: Config = {},
): Config => ({
  network: { input: { shape: task.shape }, layers },
  data: task.data,
  training: { loss: task.loss, optimizer, batch_size: 32, steps: 300, ...training },
});

/** Hidden layers and a linear output of the task's size. */
export const classifier = (
  task: Task,
  hidden: readonly Config[],
  optimizer: Config,
  training: Config = {},
): Config => experiment(task, [...hidden, dense(task.outputs)], optimizer, training);

/** Numbers −1 … 1 and a smooth function of them, times `scale`. */
export function scaledSine(scale: number): Config {
  const inputs = Array.from({ length: 300 }, (_, i) => [-1 + (2 * i) / 299]);
  const targets = inputs.map(([x]) => scale * Math.sin(3 * (x as number)));
  return { type: 'inline', inputs, targets };
}
