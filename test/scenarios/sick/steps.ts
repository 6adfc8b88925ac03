/** @file Steps that are too long, too short, too few, too noisy or cut down. */
import { adam, type Config, classifier, dense, relu, sgd, type Task, tasks } from '../scenario.ts';
import { sick, tooLong } from './draft.ts';

const { moons, circles, iris, wine, breast_cancer, digits, friedman, teacher, sine } = tasks;

const fast: [Task, Config, string][] = [
  [moons, sgd(30), 'sgd-30'],
  [circles, sgd(20), 'sgd-20'],
  [iris, sgd(30), 'sgd-30'],
  [wine, sgd(10, 0.9), 'momentum-10'],
  [digits, sgd(5, 0.9), 'momentum-5'],
  [teacher, sgd(3), 'sgd-3'],
  [friedman, sgd(0.5), 'sgd-0.5'],
  [moons, adam(3), 'adam-3'],
  [breast_cancer, adam(5), 'adam-5'],
  [sine, sgd(3), 'sgd-3'],
];
export const tooFast = fast.map(([task, optimizer, label]) =>
  sick(
    `learning-rate-too-large/${task.name}-${label}`,
    'dense',
    tooLong,
    null,
    classifier(task, [relu(32), relu(32)], optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

const slow: [Task, Config, string][] = [
  [moons, sgd(1e-7), 'sgd-1e-7'],
  [iris, sgd(1e-6), 'sgd-1e-6'],
  [digits, sgd(1e-6), 'sgd-1e-6'],
  [wine, adam(1e-7), 'adam-1e-7'],
  [teacher, adam(1e-8), 'adam-1e-8'],
  [circles, adam(1e-7), 'adam-1e-7'],
];
export const tooSlow = slow.map(([task, optimizer, label]) =>
  sick(
    `learning-rate-too-small/${task.name}-${label}`,
    'dense',
    ['update_ratio', 'unchanged_parameters'],
    ['dense_1', 'dense_2'],
    classifier(task, [relu(32), relu(32)], optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

const slowButSure: [Task, Config, string][] = [
  [digits, sgd(1e-2), 'sgd-1e-2'],
  [iris, sgd(2e-3), 'sgd-2e-3'],
  [wine, sgd(1e-3), 'sgd-1e-3'],
  [breast_cancer, adam(3e-5), 'adam-3e-5'],
];
export const unfinished = slowButSure.map(([task, optimizer, label]) =>
  sick(
    `too-few-steps/${task.name}-${label}`,
    'dense',
    'slow_convergence',
    null,
    classifier(task, [dense(32, 'relu')], optimizer, { steps: 150 }),
    classifier(task, [dense(32, 'relu')], adam(0.01), { steps: 300 }),
  ),
);

const clippedHard: [Task, number][] = [
  [moons, 1e-3],
  [iris, 1e-3],
  [digits, 1e-3],
  [wine, 2e-4],
];
export const clipped = clippedHard.map(([task, max_norm]) =>
  sick(
    `clipping/${task.name}`,
    'dense',
    'excessive_clipping',
    null,
    classifier(task, [relu(32), relu(32)], sgd(0.05), {
      gradient_clipping: { type: 'global_norm', max_norm },
    }),
    classifier(task, [relu(32), relu(32)], sgd(0.05, 0.9), {
      gradient_clipping: { type: 'global_norm', max_norm: 5 },
    }),
  ),
);

const frozen: [Task, Config][] = [
  [moons, sgd(1e-10)],
  [iris, adam(1e-11)],
  [digits, sgd(1e-9)],
  [wine, { type: 'rmsprop', learning_rate: 1e-11 }],
];
export const unchanged = frozen.map(([task, optimizer]) =>
  sick(
    `frozen/${task.name}`,
    'dense',
    'unchanged_parameters',
    ['dense_1', 'dense_2'],
    classifier(task, [relu(32), relu(32)], optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

/** Noise on the inputs that drowns what tells the classes apart, in batches of one. */
const drowned: [Task, number][] = [
  [moons, 10],
  [circles, 8],
  [iris, 15],
  [wine, 12],
];
export const noisy = drowned.map(([task, stddev]) =>
  sick(
    `noise/${task.name}-${stddev}`,
    'dense',
    'noisy_gradient',
    null,
    classifier(task, [{ type: 'gaussian_noise', stddev }, dense(16, 'tanh')], sgd(1e-3), { batch_size: 1 }),
    classifier(task, [dense(16, 'tanh')], adam(0.01), { batch_size: 32 }),
  ),
);

const bouncing: [Task, Config][] = [
  [moons, adam(0.5)],
  [circles, adam(0.8)],
  [iris, sgd(2, 0.9)],
  [wine, adam(1)],
];
export const unstable = bouncing.map(([task, optimizer]) =>
  sick(
    `bouncing/${task.name}`,
    'dense',
    tooLong,
    null,
    classifier(task, [relu(32), relu(32), relu(32)], optimizer),
    classifier(task, [relu(32), relu(32), relu(32)], adam(0.005)),
  ),
);

/** Steps that are too long for the whole batch: the loss goes from side to side. */
export const sharp = (
  [
    [sine, 'tanh', 0.9],
    [friedman, 'tanh', 0.05],
    [teacher, 'tanh', 0.6],
    [sine, 'tanh', 1.2],
  ] as const
).map(([task, activation, rate], i) =>
  sick(
    `sharp/${task.name}-${i}`,
    'dense',
    ['sharpness', ...tooLong],
    null,
    classifier(task, [dense(48, activation), dense(48, activation)], sgd(rate), { batch_size: 320 }),
    classifier(task, [relu(48), relu(48)], adam(0.01)),
  ),
);
