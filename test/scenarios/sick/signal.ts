/** @file Networks whose signal or gradient vanishes, explodes, overflows or collapses on its way. */
import {
  adam,
  type Config,
  classifier,
  dense,
  he,
  normal,
  relu,
  repeat,
  sgd,
  type Task,
  tasks,
} from '../scenario.ts';
import { firstLayers, sick } from './draft.ts';

const { moons, circles, blobs, xor, iris, wine, breast_cancer, digits, friedman, teacher, sine } = tasks;

const sigmoidDepths: [Task, number, Config][] = [
  [moons, 8, sgd(0.1)],
  [circles, 10, sgd(0.1)],
  [moons, 12, sgd(0.1, 0.9)],
  [circles, 15, sgd(0.5)],
  [iris, 8, sgd(0.1)],
  [iris, 12, sgd(0.1, 0.9)],
  [wine, 8, sgd(0.1)],
  [wine, 10, sgd(0.3)],
  [breast_cancer, 8, sgd(0.1)],
  [breast_cancer, 12, sgd(0.1, 0.9)],
  [blobs, 10, sgd(0.1)],
  [digits, 8, sgd(0.1, 0.9)],
  [xor, 10, adam(1e-3)],
  [moons, 20, adam(1e-3)],
];
export const vanishingSigmoid = sigmoidDepths.map(([task, depth, optimizer]) =>
  sick(
    `vanishing-sigmoid/${task.name}-${depth}`,
    'dense',
    'vanishing_gradient',
    firstLayers('dense'),
    classifier(task, [repeat(depth, dense(24, 'sigmoid'))], optimizer),
    classifier(
      task,
      [
        repeat(
          depth,
          dense(24, 'linear'),
          { type: 'batch_norm', momentum: 0.9 },
          { type: 'activation', activation: 'relu' },
        ),
      ],
      adam(0.003),
    ),
  ),
);

const smallWeights: [Task, string, number, number][] = [
  [moons, 'tanh', 12, 0.05],
  [moons, 'tanh', 15, 0.08],
  [iris, 'tanh', 12, 0.05],
  [wine, 'tanh', 20, 0.1],
  [moons, 'relu', 10, 0.05],
  [circles, 'relu', 12, 0.08],
  [blobs, 'relu', 10, 0.05],
  [breast_cancer, 'gelu', 10, 0.05],
];
export const vanishingSmall = smallWeights.map(([task, activation, depth, stddev]) =>
  sick(
    `vanishing-small-weights/${task.name}-${activation}-${depth}`,
    'dense',
    ['vanishing_gradient', 'poor_initialization'],
    firstLayers('dense', depth),
    classifier(task, [repeat(depth, dense(24, activation, normal(stddev)))], sgd(0.05, 0.9)),
    classifier(task, [repeat(depth, dense(24, activation, activation === 'tanh' ? {} : he))], adam(0.003)),
  ),
);

const largeWeights: [Task, string, number, number][] = [
  [moons, 'relu', 6, 1.5],
  [circles, 'relu', 8, 1],
  [iris, 'relu', 6, 2],
  [wine, 'relu', 6, 1],
  [blobs, 'leaky_relu', 6, 1.5],
  [breast_cancer, 'relu', 6, 1],
  [digits, 'relu', 5, 0.6],
  [teacher, 'relu', 6, 1],
  [friedman, 'elu', 6, 1.5],
  [xor, 'relu', 8, 1],
];
export const exploding = largeWeights.map(([task, activation, depth, stddev]) =>
  sick(
    `exploding-large-weights/${task.name}-${activation}-${depth}`,
    'dense',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(task, [repeat(depth, dense(32, activation, normal(stddev)))], sgd(0.1)),
    classifier(task, [repeat(depth, dense(32, activation, he))], adam(0.003)),
  ),
);

const overflowing: [Task, readonly Config[], Config][] = [
  [friedman, [relu(32), relu(32)], sgd(1)],
  [teacher, [repeat(3, dense(32, 'exponential'))], sgd(0.05)],
  [sine, [repeat(4, dense(24, 'exponential'))], sgd(0.01)],
  [friedman, [repeat(4, dense(32, 'squared_relu'))], sgd(0.05)],
];
export const nonFinite = overflowing.map(([task, hidden, optimizer], i) =>
  sick(
    `overflow/${task.name}-${i}`,
    'dense',
    'non_finite_values',
    null,
    classifier(task, hidden, optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

/** Random biases outweigh small weights: with depth, every sample becomes the biases. */
export const collapsed = (
  [
    [moons, 'tanh', 10],
    [circles, 'tanh', 14],
    [iris, 'tanh', 12],
    [wine, 'sigmoid', 6],
  ] as const
).map(([task, activation, depth]) =>
  sick(
    `collapse/${task.name}-${activation}-${depth}`,
    'dense',
    ['rank_collapse', 'vanishing_gradient'],
    firstLayers('dense', depth),
    classifier(
      task,
      [
        repeat(
          depth,
          dense(24, activation, { ...normal(0.08), bias_initializer: { type: 'normal', stddev: 1 } }),
        ),
      ],
      sgd(0.02),
    ),
    classifier(task, [repeat(3, dense(24, 'tanh'))], adam(0.01)),
  ),
);
