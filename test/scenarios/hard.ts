/**
 * @file Cures that are hard to find: what is too much rather than missing, several faults at once, short budgets. Each with a
 * repaired twin, the proof that known means cure it.
 */
import { at, bell, chance, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  he,
  inHalves,
  type NetworkFamily,
  normal,
  repeat,
  residual,
  type Scenario,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, circles, xor, iris, wine, breast_cancer, digits, friedman, teacher, sine } = tasks;

const hard = (name: string, config: Config, twin: Config, network: NetworkFamily = 'dense'): Draft => ({
  name: `hard/${name}`,
  network,
  experiment: config,
  sickness: { rules: [], layers: null, twin },
});

const relu = (units: number) => dense(units, 'relu', he);
const on = (task: Task, data: Config): Task => ({ ...task, data: { ...task.data, ...data } });
const drop = (rate: number): Config => ({ type: 'dropout', rate });
const norm = (momentum: number): Config => ({ type: 'batch_norm', momentum });
const act = (activation: string): Config => ({ type: 'activation', activation });

/** A plain learner that is known to learn the task. */
const plain = (task: Task, training: Config = {}): Config =>
  classifier(task, [relu(32), relu(32)], adam(0.01), training);

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

const image: Task = { ...digits, shape: [1, 8, 8] };
const conv = (filters: number, activation: string, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation,
  ...more,
});
const flat: Config = { type: 'flatten' };
const plainImage = classifier(image, [conv(8, 'relu', he), flat], adam(0.005), { steps: 150 });
const normed = (units: number, momentum: number): Config[] => [dense(units), norm(momentum), act('relu')];
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

/** Clouds one after the other. */
function ordered(classes: number, samples: number, shuffle: boolean): Task {
  const label = (i: number) => Math.floor((i * classes) / samples);
  const inputs = rows(samples, 3).map((row, i) => [
    at(row, 0) + 5 * Math.cos(2 * Math.PI * (label(i) / classes)),
    at(row, 1) + 5 * Math.sin(2 * Math.PI * (label(i) / classes)),
    at(row, 2),
  ]);
  return {
    ...iris,
    data: { type: 'inline', inputs, targets: inputs.map((_, i) => label(i)), shuffle, validation_split: 0 },
    shape: [3],
    outputs: classes,
  };
}
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

const shifted = (offset: number, scale: number, samples = 400): Config => {
  const inputs = rows(samples, 3);
  const value = (row: readonly number[]) => Math.sin(2 * at(row, 0)) + at(row, 1) * 0.7;
  return { inputs, targets: inputs.map((row) => offset + scale * value(row)) };
};
const curve = (offset: number, scale: number, more: Config = {}): Task => ({
  ...friedman,
  data: { type: 'inline', ...shifted(offset, scale), ...more },
  shape: [3],
});
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

// ————— recurrent and attention —————

const adding = (length: number): Task => ({
  ...sine,
  data: { type: 'adding_problem', samples: 600, length },
  shape: [length, 2],
});
const gru = (task: Task, steps: number) =>
  classifier(task, [{ type: 'gru', units: 24 }], adam(0.01), { steps });
const recurrent = [
  hard(
    'recurrent/rnn-12',
    classifier(
      adding(12),
      [{ type: 'simple_rnn', units: 16, recurrent_initializer: { type: 'normal', stddev: 0.1 } }],
      adam(0.003),
      { steps: 600 },
    ),
    gru(adding(12), 600),
    'recurrent',
  ),
  hard(
    'recurrent/lstm-forgets',
    classifier(adding(10), [{ type: 'lstm', units: 20, unit_forget_bias: false }], sgd(0.01), { steps: 600 }),
    gru(adding(10), 600),
    'recurrent',
  ),
  hard(
    'recurrent/rnn-explodes',
    classifier(
      adding(10),
      [
        {
          type: 'simple_rnn',
          units: 24,
          activation: 'relu',
          recurrent_initializer: { type: 'normal', stddev: 1 },
        },
      ],
      sgd(0.05),
      { steps: 600 },
    ),
    gru(adding(10), 600),
    'recurrent',
  ),
  hard(
    'recurrent/gru-slow',
    classifier(adding(8), [{ type: 'gru', units: 24 }], adam(1e-5), { steps: 600 }),
    gru(adding(8), 600),
    'recurrent',
  ),
];

const strips: Task = { ...digits, shape: [8, 8] };
const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm: Config = { type: 'layer_norm' };
const tail: Config = { type: 'global_average_pool1d' };
const head: readonly Config[] = [dense(16), { type: 'positional_embedding' }];
const preNorm: Config[] = [residual(layerNorm, attend), residual(layerNorm, dense(32, 'gelu'), dense(16))];
const postNorm: Config[] = [residual(attend), layerNorm, residual(dense(32, 'gelu'), dense(16)), layerNorm];
const plainAttention = classifier(strips, [...head, ...preNorm, tail], adam(0.005), { steps: 250 });
const attention = [
  hard(
    'attention/post-norm-6',
    classifier(strips, [...head, repeat(6, ...postNorm), tail], sgd(0.1, 0.9), { steps: 250 }),
    plainAttention,
    'attention',
  ),
  hard(
    'attention/post-norm-adam',
    classifier(strips, [...head, repeat(6, ...postNorm), tail], adam(0.02), { steps: 250 }),
    plainAttention,
    'attention',
  ),
];

// ————— rates, depth, budget —————

const rates = [
  hard('rate/adam-1e-6', classifier(breast_cancer, [relu(32)], adam(1e-6)), plain(breast_cancer)),
  hard('rate/sgd-100', classifier(xor, [dense(24, 'tanh')], sgd(100)), plain(xor)),
  hard(
    'rate/conv-3e-6',
    classifier(image, [conv(8, 'relu', he), flat], adam(3e-6), { steps: 150 }),
    plainImage,
    'convolutional',
  ),
  hard(
    'rate/conv-momentum-5',
    classifier(image, [conv(8, 'tanh'), flat], sgd(5, 0.9), { steps: 150 }),
    plainImage,
    'convolutional',
  ),
  hard(
    'rate/rmsprop-3',
    classifier(teacher, [relu(24)], { type: 'rmsprop', learning_rate: 3 }),
    plain(teacher),
  ),
  hard('rate/one-layer-1e-5', classifier(wine, [], sgd(1e-5)), plain(wine)),
];
const deep = [
  hard('depth/sigmoid-25', classifier(xor, [repeat(25, dense(16, 'sigmoid'))], sgd(0.1)), plain(xor)),
  hard(
    'depth/tanh-40-small',
    classifier(circles, [repeat(40, dense(16, 'tanh', normal(0.1)))], adam(1e-3)),
    plain(circles),
  ),
  hard(
    'depth/relu-30-torch',
    classifier(moons, [repeat(30, dense(20, 'relu', { kernel_initializer: 'torch_default' }))], sgd(0.05)),
    plain(moons),
  ),
];
const short = [
  hard(
    'budget/5-seconds',
    { ...classifier(moons, [repeat(10, dense(20, 'sigmoid'))], sgd(0.1)), remedies: { min_duration_s: 5 } },
    plain(moons),
  ),
  hard(
    'budget/40-trials',
    { ...classifier(iris, [repeat(8, dense(20, 'sigmoid'))], sgd(0.1)), remedies: { max_trials: 40 } },
    plain(iris),
  ),
  hard(
    'budget/one-seed',
    { ...classifier(circles, [relu(24), drop(0.95)], sgd(1e-3)), remedies: { seeds: 1 } },
    plain(circles),
  ),
];

// ————— three at once —————

const three = [
  hard(
    'three/raw-output-short',
    experiment(curve(50, 20, { scale: 300 }), [dense(16, 'tanh'), dense(1, 'relu')], adam(1e-3), {
      steps: 60,
    }),
    plain(curve(0, 1)),
  ),
  hard(
    'three/slow-dropped-deep',
    classifier(breast_cancer, [repeat(4, dense(20, 'sigmoid'), drop(0.8))], sgd(1e-3)),
    plain(breast_cancer),
  ),
  hard(
    'three/init-targets-clipping',
    classifier(curve(200, 80), [dense(24, 'relu', normal(1)), dense(24, 'relu', normal(1))], sgd(0.01), {
      gradient_clipping: { type: 'global_norm', max_norm: 1e-3 },
    }),
    plain(curve(0, 1)),
  ),
  hard(
    'three/raw-penalty-momentum',
    classifier(on(wine, { standardize: false }), [...normed(24, 0.999), dense(16, 'sigmoid')], sgd(0.01), {
      steps: 150,
      regularization: { l2: 0.2 },
    }),
    plain(wine, { steps: 150 }),
  ),
  hard(
    'three/order-rate-sigmoid',
    classifier(ordered(4, 600, false), [repeat(4, dense(16, 'sigmoid'))], sgd(1e-3)),
    plain(ordered(4, 600, true)),
  ),
  hard(
    'three/logits-raw-fast',
    experiment(
      { ...on(breast_cancer, { standardize: false }), loss: 'binary_cross_entropy' },
      [dense(16, 'tanh'), dense(1)],
      sgd(1),
    ),
    plain(breast_cancer),
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
  recurrent,
  attention,
  rates,
  deep,
  short,
  three,
]);
