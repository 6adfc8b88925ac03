/** @file Experiments that do not learn, each with the rule that must say so and a twin in which the cause is repaired. */
import { sickReported } from './reported.ts';
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
import { sickTaught } from './taught.ts';

const sick = (
  name: string,
  network: NetworkFamily,
  rules: string | readonly string[],
  layers: readonly string[] | null,
  config: Config,
  twin: Config,
): Draft => ({
  name: `sick/${name}`,
  network,
  experiment: config,
  sickness: { rules: typeof rules === 'string' ? [rules] : rules, layers, twin },
});

const relu = (units: number) => dense(units, 'relu', he);
const firstLayers = (type: string, count = 3) => Array.from({ length: count }, (_, i) => `${type}_${i + 1}`);
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
const vanishingSigmoid = sigmoidDepths.map(([task, depth, optimizer]) =>
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
const vanishingSmall = smallWeights.map(([task, activation, depth, stddev]) =>
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
const exploding = largeWeights.map(([task, activation, depth, stddev]) =>
  sick(
    `exploding-large-weights/${task.name}-${activation}-${depth}`,
    'dense',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(task, [repeat(depth, dense(32, activation, normal(stddev)))], sgd(0.1)),
    classifier(task, [repeat(depth, dense(32, activation, he))], adam(0.003)),
  ),
);

/** Steps that are too long show in the gradients, in the updates, or in a loss that jumps. */
const tooLong = ['exploding_gradient', 'non_finite_values', 'update_ratio', 'unstable_loss'];
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
const tooFast = fast.map(([task, optimizer, label]) =>
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
const tooSlow = slow.map(([task, optimizer, label]) =>
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
const unfinished = slowButSure.map(([task, optimizer, label]) =>
  sick(
    `too-few-steps/${task.name}-${label}`,
    'dense',
    'slow_convergence',
    null,
    classifier(task, [dense(32, 'relu')], optimizer, { steps: 150 }),
    classifier(task, [dense(32, 'relu')], adam(0.01), { steps: 300 }),
  ),
);

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
const dead = biases.map(([task, value]) =>
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
const saturated = pushed.map(([task, activation, value]) =>
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
const symmetric = copies.map(([task, initializer, label]) =>
  sick(
    `symmetric/${task.name}-${label}`,
    'dense',
    'poor_initialization',
    ['dense_1', 'dense_2'],
    classifier(task, [dense(24, 'tanh', initializer), dense(24, 'tanh', initializer)], sgd(0.05)),
    classifier(task, [dense(24, 'tanh'), dense(24, 'tanh')], adam(0.01)),
  ),
);

const raw = (task: Task, data: Config): Task => ({ ...task, data });
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
const unscaled = unscaledTasks.map(([task, activation, optimizer, scaled], i) =>
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
const imbalance = [20, 30, 40, 60].map((ratio) => {
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
const mismatched = [
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
const memorized = (
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

const clippedHard: [Task, number][] = [
  [moons, 1e-3],
  [iris, 1e-3],
  [digits, 1e-3],
  [wine, 2e-4],
];
const clipped = clippedHard.map(([task, max_norm]) =>
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

const image = { ...digits, shape: [1, 8, 8] };
const conv = (filters: number, activation: unknown, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation,
  ...more,
});
const flatten = { type: 'flatten' };
const fewer = { steps: 150 };
const images = [
  sick(
    'conv/sigmoid-8',
    'convolutional',
    'vanishing_gradient',
    firstLayers('conv2d'),
    classifier(image, [repeat(8, conv(6, 'sigmoid')), flatten], sgd(0.1), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/sigmoid-12',
    'convolutional',
    'vanishing_gradient',
    firstLayers('conv2d'),
    classifier(image, [repeat(12, conv(4, 'sigmoid')), flatten], sgd(0.1, 0.9), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/dead',
    'convolutional',
    'dead_units',
    ['conv2d_1', 'conv2d_2'],
    classifier(
      image,
      [repeat(2, conv(8, 'relu', { ...he, bias_initializer: { type: 'constant', value: -20 } })), flatten],
      adam(1e-3),
      fewer,
    ),
    classifier(image, [repeat(2, conv(8, 'relu', he)), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/dead-3',
    'convolutional',
    'dead_units',
    firstLayers('conv2d'),
    classifier(
      image,
      [repeat(3, conv(6, 'relu', { ...he, bias_initializer: { type: 'constant', value: -10 } })), flatten],
      sgd(0.01),
      fewer,
    ),
    classifier(image, [repeat(3, conv(6, 'relu', he)), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/exploding',
    'convolutional',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(image, [repeat(5, conv(8, 'relu', normal(1))), flatten], sgd(0.05), fewer),
    classifier(image, [repeat(5, conv(8, 'relu', he)), flatten], adam(0.003), fewer),
  ),
  sick(
    'conv/exploding-wide',
    'convolutional',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(image, [repeat(4, conv(16, 'relu', normal(0.8))), flatten], sgd(0.1), fewer),
    classifier(image, [repeat(4, conv(16, 'relu', he)), flatten], adam(0.003), fewer),
  ),
  sick(
    'conv/zeros',
    'convolutional',
    'poor_initialization',
    ['conv2d_1', 'conv2d_2'],
    classifier(
      image,
      [repeat(2, conv(8, 'tanh', { kernel_initializer: 'zeros' })), flatten],
      sgd(0.02),
      fewer,
    ),
    classifier(image, [repeat(2, conv(8, 'tanh')), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/fast',
    'convolutional',
    tooLong,
    null,
    classifier(image, [conv(8, 'relu', he), flatten], sgd(20, 0.9), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
];

const adding = (length: number) => ({
  ...sine,
  data: { type: 'adding_problem', samples: 500, length },
  shape: [length, 2],
});
const parity = (length: number) => ({
  ...moons,
  data: { type: 'parity', samples: 400, length },
  shape: [length, 1],
});
const rnn = (units: number, stddev: number, more: Config = {}): Config => ({
  type: 'simple_rnn',
  units,
  recurrent_initializer: { type: 'normal', stddev },
  ...more,
});
const lstm = (units: number): Config => ({ type: 'lstm', units });
const sequences = [
  ...(
    [
      [30, 0.1],
      [50, 0.1],
      [60, 0.15],
      [80, 0.1],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/vanishing-${length}`,
      'recurrent',
      'vanishing_gradient',
      ['simple_rnn_1'],
      classifier(adding(length), [rnn(16, stddev)], adam(0.003)),
      classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 800 }),
    ),
  ),
  ...(
    [
      [12, 0.1],
      [16, 0.1],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/vanishing-parity-${length}`,
      'recurrent',
      'vanishing_gradient',
      ['simple_rnn_1'],
      classifier(parity(length), [rnn(16, stddev)], sgd(0.05)),
      classifier(parity(3), [lstm(24)], adam(0.02), { steps: 500 }),
    ),
  ),
  ...(
    [
      [30, 1.2],
      [40, 1.5],
      [25, 2],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/exploding-${length}`,
      'recurrent',
      ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
      null,
      classifier(adding(length), [rnn(24, stddev, { activation: 'relu' })], sgd(0.05)),
      classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 800 }),
    ),
  ),
  sick(
    'rnn/fast-lstm',
    'recurrent',
    tooLong,
    null,
    classifier(parity(3), [lstm(24)], adam(5)),
    classifier(parity(3), [lstm(24)], adam(0.02), { steps: 500 }),
  ),
  sick(
    'rnn/slow-gru',
    'recurrent',
    ['update_ratio', 'unchanged_parameters'],
    ['gru_1', 'dense_1'],
    classifier(parity(3), [{ type: 'gru', units: 24 }], sgd(1e-6)),
    classifier(parity(3), [{ type: 'gru', units: 24 }], adam(0.02), { steps: 500 }),
  ),
];

const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm = { type: 'layer_norm' };
const block = (units: number): Config[] => [
  residual(layerNorm, attend),
  residual(layerNorm, dense(2 * units, 'gelu'), dense(units)),
];
const rows = { ...digits, shape: [8, 8] };
const position = { type: 'positional_embedding' };
const mean = { type: 'global_average_pool1d' };
const healthyRows = classifier(rows, [dense(24), position, ...block(24), mean], adam(0.005), { steps: 300 });
const transformers = [
  sick(
    'attention/fast',
    'attention',
    tooLong,
    null,
    classifier(rows, [dense(16), position, ...block(16), mean], adam(3), fewer),
    healthyRows,
  ),
  sick(
    'attention/fast-sgd',
    'attention',
    tooLong,
    null,
    classifier(rows, [dense(16), position, ...block(16), mean], sgd(30), fewer),
    healthyRows,
  ),
  sick(
    'attention/slow',
    'attention',
    ['update_ratio', 'unchanged_parameters'],
    ['dense_1', 'dense_2', 'self_attention_1'],
    classifier(rows, [dense(16), position, ...block(16), mean], sgd(1e-6), fewer),
    healthyRows,
  ),
  sick(
    'attention/collapse-12',
    'attention',
    ['rank_collapse', 'vanishing_gradient'],
    firstLayers('self_attention', 6),
    classifier(rows, [dense(16), position, repeat(12, attend), mean], adam(1e-3), fewer),
    healthyRows,
  ),
  sick(
    'attention/collapse-16',
    'attention',
    ['rank_collapse', 'vanishing_gradient'],
    firstLayers('self_attention', 10),
    classifier(rows, [dense(16), position, repeat(16, attend), mean], adam(1e-3), fewer),
    healthyRows,
  ),
  sick(
    'attention/sigmoid-stack',
    'attention',
    'vanishing_gradient',
    firstLayers('dense', 4),
    classifier(rows, [repeat(8, dense(16, 'sigmoid')), attend, mean], sgd(0.1), fewer),
    healthyRows,
  ),
];

const linearModels: [Task, Config][] = [
  [xor, adam(0.01)],
  [circles, adam(0.01)],
  [raw(xor, { type: 'xor', samples: 300 }), sgd(0.1)],
  [raw(circles, { type: 'circles', samples: 400, factor: 0.3 }), sgd(0.1)],
];
const powerless = linearModels.map(([task, optimizer], i) =>
  sick(
    `linear-model/${task.name}-${i}`,
    'dense',
    ['underfitting', 'loss_not_decreasing'],
    null,
    classifier(task, [dense(16), dense(16)], optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

const overflowing: [Task, readonly Config[], Config][] = [
  [friedman, [relu(32), relu(32)], sgd(1)],
  [teacher, [repeat(3, dense(32, 'exponential'))], sgd(0.05)],
  [sine, [repeat(4, dense(24, 'exponential'))], sgd(0.01)],
  [friedman, [repeat(4, dense(32, 'squared_relu'))], sgd(0.05)],
];
const nonFinite = overflowing.map(([task, hidden, optimizer], i) =>
  sick(
    `overflow/${task.name}-${i}`,
    'dense',
    'non_finite_values',
    null,
    classifier(task, hidden, optimizer),
    classifier(task, [relu(32), relu(32)], adam(0.01)),
  ),
);

const frozen: [Task, Config][] = [
  [moons, sgd(1e-10)],
  [iris, adam(1e-11)],
  [digits, sgd(1e-9)],
  [wine, { type: 'rmsprop', learning_rate: 1e-11 }],
];
const unchanged = frozen.map(([task, optimizer]) =>
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
const noisy = drowned.map(([task, stddev]) =>
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
const unstable = bouncing.map(([task, optimizer]) =>
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
const sharp = (
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

/** Random biases outweigh small weights: with depth, every sample becomes the biases. */
const collapsed = (
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

export const sickScenarios: readonly Scenario[] = inHalves([
  vanishingSigmoid,
  vanishingSmall,
  exploding,
  tooFast,
  tooSlow,
  unfinished,
  dead,
  saturated,
  symmetric,
  unscaled,
  imbalance,
  mismatched,
  memorized,
  clipped,
  powerless,
  nonFinite,
  unchanged,
  noisy,
  unstable,
  sharp,
  collapsed,
  ...sickReported,
  ...sickTaught,
  images,
  sequences,
  transformers,
]);
