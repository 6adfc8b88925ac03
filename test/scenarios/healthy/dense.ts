/** @file Dense networks that learn: on all tasks, with all activations, deep ones, with noise that is wanted. */
import {
  adam,
  classifier,
  dense,
  lecun,
  relu,
  repeat,
  residual,
  sgd,
  type Task,
  tasks,
} from '../scenario.ts';
import { act, dropout, healthy, norm } from './draft.ts';

/** Two hidden ReLU layers on everything. */
export const plain = Object.values(tasks).flatMap((task: Task) => [
  healthy(`mlp-adam/${task.name}`, 'dense', classifier(task, [relu(32), relu(32)], adam(0.01))),
  healthy(
    `mlp-momentum/${task.name}`,
    'dense',
    classifier(task, [relu(32), relu(32)], sgd(task.name === 'friedman' ? 1e-3 : 0.02, 0.9)),
  ),
]);

const activations = [
  'tanh',
  'elu',
  'gelu',
  'silu',
  'selu',
  'leaky_relu',
  'prelu',
  'mish',
  'softplus',
  'softsign',
];
export const byActivation = activations.map((activation, i) =>
  healthy(
    `activation/${activation}`,
    'dense',
    classifier(i % 2 === 0 ? tasks.moons : tasks.circles, [repeat(3, dense(24, activation))], adam(0.01)),
  ),
);

/** Deep, but with what keeps the gradient alive. */
export const deep = [
  healthy('deep/relu-he-8', 'dense', classifier(tasks.circles, [repeat(8, relu(32))], adam(0.003))),
  healthy('deep/relu-he-12', 'dense', classifier(tasks.moons, [repeat(12, relu(32))], adam(0.003))),
  healthy('deep/tanh-10', 'dense', classifier(tasks.moons, [repeat(10, dense(32, 'tanh'))], adam(0.003))),
  healthy('deep/tanh-15', 'dense', classifier(tasks.moons, [repeat(15, dense(32, 'tanh'))], adam(0.003))),
  healthy(
    'deep/selu-12',
    'dense',
    classifier(tasks.circles, [repeat(12, dense(32, 'selu', lecun))], adam(0.002)),
  ),
  healthy(
    'deep/selu-16',
    'dense',
    classifier(tasks.moons, [repeat(16, dense(32, 'selu', lecun))], adam(0.002)),
  ),
  healthy(
    'deep/batch-norm-10',
    'dense',
    classifier(tasks.circles, [repeat(10, dense(32), norm, act('relu'))], adam(0.003)),
  ),
  healthy(
    'deep/sigmoid-batch-norm-8',
    'dense',
    classifier(tasks.moons, [repeat(8, dense(32), norm, act('sigmoid'))], adam(0.01)),
  ),
  healthy(
    'deep/residual-relu-20',
    'dense',
    classifier(tasks.moons, [dense(32), repeat(20, residual({ type: 'layer_norm' }, relu(32)))], adam(0.002)),
  ),
  healthy(
    'deep/residual-tanh-20',
    'dense',
    classifier(tasks.circles, [dense(32), repeat(20, residual(dense(32, 'tanh')))], adam(0.002)),
  ),
  healthy(
    'deep/residual-digits-15',
    'dense',
    classifier(
      tasks.digits,
      [dense(48), repeat(15, residual({ type: 'layer_norm' }, relu(48)))],
      adam(0.002),
    ),
  ),
  healthy(
    'deep/residual-batch-norm-12',
    'dense',
    classifier(tasks.circles, [dense(32), repeat(12, residual(norm, relu(32)))], adam(0.003)),
  ),
];

/** Noise that is wanted. */
export const noisy = [
  healthy(
    'dropout/digits',
    'dense',
    classifier(tasks.digits, [relu(96), dropout(0.3), relu(96), dropout(0.3)], adam(0.003)),
  ),
  healthy('dropout/moons', 'dense', classifier(tasks.moons, [relu(64), dropout(0.2), relu(64)], adam(0.01))),
  healthy('dropout/wine', 'dense', classifier(tasks.wine, [relu(48), dropout(0.5)], adam(0.01))),
  healthy(
    'dropout/breast-cancer',
    'dense',
    classifier(tasks.breast_cancer, [relu(48), dropout(0.5), relu(48)], adam(0.005)),
  ),
  healthy(
    'gaussian-noise/circles',
    'dense',
    classifier(tasks.circles, [{ type: 'gaussian_noise', stddev: 0.1 }, relu(48), relu(48)], adam(0.01)),
  ),
  healthy(
    'gaussian-noise/iris',
    'dense',
    classifier(tasks.iris, [relu(32), { type: 'gaussian_noise', stddev: 0.2 }], adam(0.01)),
  ),
];
