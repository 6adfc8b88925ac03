/** @file Data, losses and sizes of network that do not fit each other. */
import {
  adam,
  type Config,
  classifier,
  dense,
  experiment,
  raw,
  relu,
  sgd,
  type Task,
  tasks,
} from '../scenario.ts';
import { sick } from './draft.ts';

const { moons, circles, xor, iris, wine, breast_cancer, digits, friedman, sine } = tasks;

const unscaledTasks: [Task, string, Config, Task][] = [
  [raw(wine, { type: 'wine' }), 'tanh', sgd(0.01), wine],
  [raw(wine, { type: 'wine' }), 'relu', sgd(0.01), wine],
  [raw(breast_cancer, { type: 'breast_cancer' }), 'tanh', sgd(0.05), breast_cancer],
  [raw(moons, { ...moons.data, scale: 1000 }), 'tanh', sgd(0.1), moons],
  [raw(digits, { type: 'digits', scale: 1e-4 }), 'relu', sgd(0.01), digits],
  [raw(iris, { type: 'iris', scale: 1e-3 }), 'relu', sgd(0.05), iris],
  [raw(circles, { ...circles.data, scale: 1e-3 }), 'tanh', sgd(0.1), circles],
  [raw(xor, { ...xor.data, scale: 1e-3 }), 'tanh', sgd(0.1), xor],
];
export const unscaled = unscaledTasks.map(([task, activation, optimizer, scaled], i) =>
  sick(
    `unscaled/${task.name}-${activation}-${i}`,
    'dense',
    'unscaled_inputs',
    null,
    classifier(task, [dense(24, activation), dense(24, activation)], optimizer),
    classifier(scaled, [dense(24, activation), dense(24, activation)], adam(0.01)),
  ),
);

/** Two classes that overlap, one of them `ratio` times as large. */
function overlapping(ratio: number): Config {
  const count = 12 * (ratio + 1);
  const rare = (i: number) => i % (ratio + 1) === 0;
  const inputs = Array.from({ length: count }, (_, i) => {
    const angle = i * 2.399963;
    const radius = Math.sqrt(((i * 7919) % count) / count);
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return rare(i) ? [0.3 * x + 0.9, 0.3 * y] : [x, y];
  });
  return { type: 'inline', inputs, targets: inputs.map((_, i) => Number(rare(i))), validation_split: 0 };
}
export const imbalance = [20, 30, 40, 60].map((ratio) => {
  const task = raw({ ...moons, outputs: 2 }, overlapping(ratio));
  return sick(
    `imbalance/${ratio}`,
    'dense',
    'class_imbalance',
    null,
    classifier(task, [dense(8, 'tanh')], sgd(0.05), { steps: 200 }),
    classifier(task, [dense(24, 'tanh')], adam(0.02), { steps: 600, class_weights: 'balanced' }),
  );
});

const bce = (task: Task): Task => ({ ...task, loss: 'binary_cross_entropy' });
const cce = (task: Task): Task => ({ ...task, loss: 'categorical_cross_entropy' });
export const mismatched = [
  sick(
    'mismatch/double-softmax-digits',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(digits, [relu(32), dense(10, 'softmax')], adam(0.003)),
    classifier(digits, [relu(32)], adam(0.01)),
  ),
  sick(
    'mismatch/double-softmax-iris',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(iris, [relu(32), dense(3, 'softmax')], sgd(0.05)),
    classifier(iris, [relu(32)], adam(0.01)),
  ),
  sick(
    'mismatch/relu-logits',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment({ ...moons, loss: 'sigmoid_cross_entropy' }, [relu(32), dense(1, 'relu')], adam(0.01)),
    classifier(moons, [relu(32), relu(32)], adam(0.01)),
  ),
  sick(
    'mismatch/linear-probability',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(bce(moons), [relu(32), dense(1)], sgd(0.1)),
    experiment(bce(moons), [relu(32), relu(32), dense(1, 'sigmoid')], adam(0.02)),
  ),
  sick(
    'mismatch/linear-categorical',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(cce(iris), [relu(32), dense(3)], sgd(0.1)),
    experiment(cce(iris), [relu(32), dense(3, 'softmax')], adam(0.01)),
  ),
  sick(
    'mismatch/tanh-probability',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(bce(breast_cancer), [relu(32), dense(1, 'tanh')], sgd(0.1)),
    experiment(bce(breast_cancer), [relu(32), dense(1, 'sigmoid')], adam(0.01)),
  ),
  sick(
    'mismatch/sigmoid-regression',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(friedman, [relu(32), dense(1, 'sigmoid')], adam(0.01)),
    classifier(friedman, [relu(32), relu(32)], adam(0.01)),
  ),
  sick(
    'mismatch/relu-regression',
    'dense',
    'loss_output_mismatch',
    ['dense_2'],
    experiment(sine, [relu(32), dense(1, 'relu')], adam(0.01)),
    classifier(sine, [relu(32), relu(32)], adam(0.01)),
  ),
];

/** Few samples of classes that overlap, and weights enough to learn each of them by heart. */
export const memorized = (
  [
    [80, 0.35],
    [100, 0.35],
    [120, 0.4],
    [150, 0.4],
  ] as const
).map(([samples, noise]) => {
  const task = raw(moons, { type: 'moons', samples, noise, validation_split: 0.5 });
  const many = { batch_size: 16, steps: 600 };
  return sick(
    `overfitting/moons-${samples}`,
    'dense',
    'overfitting',
    null,
    classifier(task, [relu(128), relu(128)], adam(0.005), many),
    classifier(task, [relu(128), relu(128)], adam(0.005), { ...many, regularization: { l2: 0.01 } }),
  );
});

const linearModels: [Task, Config][] = [
  [xor, adam(0.01)],
  [circles, adam(0.01)],
  [raw(xor, { type: 'xor', samples: 300 }), sgd(0.1)],
  [raw(circles, { type: 'circles', samples: 400, factor: 0.3 }), sgd(0.1)],
];
export const powerless = linearModels.map(([task, optimizer], i) =>
  sick(
    `linear-model/${task.name}-${i}`,
    'dense',
    ['underfitting', 'loss_not_decreasing'],
    null,
    classifier(task, [dense(16), dense(16)], optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);
