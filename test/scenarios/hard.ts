/**
 * @file Cures that are hard to find: what is too much rather than missing, several faults at once, short budgets. Each with a
 * repaired twin, the proof that known means cure it.
 */
import { hardNetworks } from './hard_networks.ts';
import {
  act,
  conv,
  curve,
  drop,
  flat,
  hard,
  image,
  norm,
  normed,
  on,
  ordered,
  plain,
  plainImage,
  relu,
} from './hard_parts.ts';
import { at, bell, chance, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  dense,
  experiment,
  inHalves,
  normal,
  repeat,
  type Scenario,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, circles, iris, wine, breast_cancer, digits, friedman } = tasks;

// ————— too much —————

const dropped = [
  hard('dropout/input-0.9', classifier(wine, [drop(0.9), relu(32)], adam(0.01)), plain(wine)),
  hard(
    'dropout/three-0.85',
    classifier(breast_cancer, [relu(24), drop(0.85), relu(24), drop(0.85), relu(24), drop(0.85)], sgd(0.1)),
    plain(breast_cancer),
  ),
  hard('dropout/sgd-0.97', classifier(digits, [relu(48), drop(0.97)], sgd(0.05)), plain(digits)),
  hard(
    'dropout/noise-20',
    classifier(iris, [{ type: 'gaussian_noise', stddev: 20 }, dense(24, 'tanh'), drop(0.8)], adam(0.003)),
    plain(iris),
  ),
];

const penalized = [
  hard(
    'penalty/l1-friedman',
    classifier(on(friedman, { standardize_targets: true }), [relu(24)], adam(0.01), {
      regularization: { l1: 0.05 },
    }),
    plain(on(friedman, { standardize_targets: true })),
  ),
  hard(
    'penalty/l2-deep-tanh',
    classifier(moons, [repeat(5, dense(24, 'tanh'))], adam(0.005), { regularization: { l2: 0.1 } }),
    plain(moons),
  ),
  hard(
    'penalty/decay-10',
    classifier(breast_cancer, [relu(32)], { type: 'adamw', learning_rate: 0.01, weight_decay: 10 }),
    plain(breast_cancer),
  ),
  hard(
    'penalty/l1-and-l2',
    classifier(digits, [relu(32), relu(32)], sgd(0.05, 0.9), { regularization: { l1: 0.01, l2: 0.1 } }),
    plain(digits),
  ),
];

const clipped = [
  hard(
    'clipping/norm-1e-4',
    classifier(iris, [relu(24)], sgd(0.1), { gradient_clipping: { type: 'global_norm', max_norm: 1e-4 } }),
    plain(iris),
  ),
  hard(
    'clipping/value-1e-5',
    classifier(circles, [relu(24), relu(24)], sgd(0.1, 0.9), {
      gradient_clipping: { type: 'value', max_value: 1e-5 },
    }),
    plain(circles),
  ),
  hard(
    'clipping/tensor-1e-3',
    classifier(friedman, [relu(24)], sgd(0.01), { gradient_clipping: { type: 'norm', max_norm: 1e-3 } }),
    plain(friedman),
  ),
];

// ————— learned by heart —————

/** Two overlapping clouds in many directions of which one tells the classes apart, a part of the labels turned around. */
function mislabeled(samples: number, features: number, turned: number): Task {
  const inputs = rows(samples, features);
  const targets = inputs.map((row, i) => Number(at(row, 0) > 0 !== chance(i + 4242) < turned));
  return {
    ...moons,
    data: { type: 'inline', inputs, targets, validation_split: 0.5 },
    shape: [features],
    outputs: 2,
  };
}
const noisyLine = (samples: number): Task => {
  const inputs = rows(samples, 4);
  const targets = inputs.map((row, i) => at(row, 0) - 0.5 * at(row, 1) + 0.7 * bell(i + 31_337));
  return { ...friedman, data: { type: 'inline', inputs, targets, validation_split: 0.5 }, shape: [4] };
};
const byHeart: [string, Task, Config, Config][] = [
  ['clouds-120', mislabeled(120, 6, 0.1), adam(0.01), { steps: 500, batch_size: 16 }],
  ['clouds-200', mislabeled(200, 10, 0.15), adam(0.003), { steps: 600, batch_size: 16 }],
  ['line-100', noisyLine(100), adam(0.01), { steps: 600, batch_size: 16 }],
  ['line-160', noisyLine(160), adam(0.005), { steps: 800, batch_size: 32 }],
];
const memorized = byHeart.map(([name, task, optimizer, training]) =>
  hard(
    `overfitting/${name}`,
    classifier(task, [relu(96), relu(96)], optimizer, training),
    classifier(task, [], adam(0.02), training),
  ),
);

// ————— statistics and order —————

const lagging = [
  hard(
    'batch-norm/conv-0.999',
    classifier(image, [conv(8, 'linear'), norm(0.999), act('relu'), flat], adam(0.003), { steps: 100 }),
    plainImage,
    'convolutional',
  ),
  hard(
    'batch-norm/raw-0.995',
    classifier(on(digits, { scale: 1 }), [...normed(32, 0.995), ...normed(32, 0.995)], sgd(0.1), {
      steps: 80,
    }),
    plain(digits),
  ),
  hard(
    'batch-norm/batch-of-one',
    classifier(iris, [...normed(24, 0.9), ...normed(24, 0.9)], adam(0.01), { batch_size: 1 }),
    plain(iris),
  ),
];

const inOrder = [
  hard(
    'order/6-classes',
    classifier(ordered(6, 600, false), [relu(24)], sgd(0.3)),
    plain(ordered(6, 600, true)),
  ),
  hard(
    'order/3-classes-momentum',
    classifier(ordered(3, 900, false), [dense(16, 'tanh')], sgd(0.1, 0.9), { batch_size: 16 }),
    plain(ordered(3, 900, true)),
  ),
];

// ————— scale —————

const scaled = [
  hard(
    'saturated/sigmoid-raw',
    classifier(on(digits, { scale: 5 }), [dense(32, 'sigmoid')], sgd(0.1)),
    plain(digits),
  ),
  hard(
    'saturated/tanh-weights-3',
    classifier(circles, [dense(24, 'tanh', normal(3)), dense(24, 'tanh', normal(3))], sgd(0.02)),
    plain(circles),
  ),
  hard(
    'saturated/wine-raw-tanh',
    classifier(on(wine, { standardize: false }), [dense(24, 'tanh'), dense(24, 'tanh')], adam(1e-4)),
    plain(wine),
  ),
  hard('targets/thousandths', classifier(curve(0.5, 1e-3), [relu(24)], sgd(0.01)), plain(curve(0, 1))),
  hard('targets/millions', classifier(curve(3e6, 5e5), [dense(24, 'tanh')], adam(0.01)), plain(curve(0, 1))),
  hard('targets/5000-sgd', classifier(curve(5000, 300), [relu(24), relu(24)], sgd(1e-3)), plain(curve(0, 1))),
];

// ————— output and loss —————

const loss = (task: Task, name: string, outputs = task.outputs): Task => ({ ...task, loss: name, outputs });
const outputs = [
  hard(
    'output/tanh-for-curve',
    experiment(curve(0, 6), [relu(24), dense(1, 'tanh')], adam(0.01)),
    plain(curve(0, 1)),
  ),
  hard(
    'output/softmax-for-two-values',
    experiment(curve(4, 1), [dense(16, 'tanh'), dense(1, 'softmax')], sgd(0.05)),
    plain(curve(0, 1)),
  ),
  hard(
    'loss/logits-as-probabilities',
    experiment(loss(wine, 'categorical_cross_entropy'), [relu(24), dense(3)], adam(0.01)),
    plain(wine),
  ),
  hard(
    'loss/softmax-twice-sgd',
    experiment(digits, [relu(32), dense(10, 'softmax')], sgd(0.05)),
    plain(digits),
  ),
];

export const hardScenarios: readonly Scenario[] = inHalves([
  dropped,
  penalized,
  clipped,
  memorized,
  lagging,
  inOrder,
  scaled,
  outputs,
  ...hardNetworks,
]);
