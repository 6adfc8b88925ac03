/** @file Units that are dead, saturated or copies of each other. */
import {
  adam,
  type Config,
  classifier,
  dense,
  he,
  relu,
  repeat,
  sgd,
  type Task,
  tasks,
} from '../scenario.ts';
import { sick } from './draft.ts';

const { moons, circles, blobs, xor, iris, wine, breast_cancer, digits } = tasks;

const biases: [Task, number][] = [
  [moons, -5],
  [circles, -8],
  [iris, -10],
  [wine, -15],
  [blobs, -40],
  [breast_cancer, -25],
  [digits, -10],
  [xor, -5],
];
export const dead = biases.map(([task, value]) =>
  sick(
    `dead-relu/${task.name}`,
    'dense',
    'dead_units',
    ['dense_1', 'dense_2'],
    classifier(
      task,
      [repeat(2, dense(32, 'relu', { ...he, bias_initializer: { type: 'constant', value } }))],
      adam(1e-3),
    ),
    classifier(task, [repeat(2, relu(32))], adam(0.01)),
  ),
);

const pushed: [Task, string, number][] = [
  [moons, 'tanh', 30],
  [circles, 'tanh', 50],
  [iris, 'sigmoid', 60],
  [wine, 'tanh', 20],
  [breast_cancer, 'sigmoid', 60],
  [xor, 'tanh', 40],
];
export const saturated = pushed.map(([task, activation, value]) =>
  sick(
    `saturated/${task.name}-${activation}`,
    'dense',
    'saturated_units',
    ['dense_1', 'dense_2', 'dense_3'],
    classifier(
      task,
      [repeat(3, dense(24, activation, { bias_initializer: { type: 'constant', value } }))],
      sgd(0.05),
    ),
    classifier(task, [repeat(3, dense(24, 'tanh'))], adam(0.01)),
  ),
);

const copies: [Task, Config, string][] = [
  [moons, { kernel_initializer: 'zeros' }, 'zeros'],
  [iris, { kernel_initializer: 'zeros' }, 'zeros'],
  [circles, { kernel_initializer: { type: 'constant', value: 0.1 } }, 'constant'],
  [xor, { kernel_initializer: 'zeros' }, 'zeros'],
  [digits, { kernel_initializer: 'zeros' }, 'zeros'],
  [blobs, { kernel_initializer: { type: 'constant', value: 0 } }, 'constant-0'],
];
export const symmetric = copies.map(([task, initializer, label]) =>
  sick(
    `symmetric/${task.name}-${label}`,
    'dense',
    'poor_initialization',
    ['dense_1', 'dense_2'],
    classifier(task, [dense(24, 'tanh', initializer), dense(24, 'tanh', initializer)], sgd(0.05)),
    classifier(task, [dense(24, 'tanh'), dense(24, 'tanh')], adam(0.01)),
  ),
);
