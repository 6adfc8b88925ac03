/** @file Experiments that learn: whatever a rule says of them as critical or warning is a false alarm. */
import { healthyReported } from './reported.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  he,
  inHalves,
  lecun,
  type NetworkFamily,
  repeat,
  residual,
  type Scenario,
  scaledSine,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';
import { healthyTaught } from './taught.ts';

const healthy = (name: string, network: NetworkFamily, config: Config): Draft => ({
  name: `healthy/${name}`,
  network,
  experiment: config,
  sickness: null,
});

const relu = (units: number) => dense(units, 'relu', he);

/** Two hidden ReLU layers on everything. */
const plain = Object.values(tasks).flatMap((task: Task) => [
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
const byActivation = activations.map((activation, i) =>
  healthy(
    `activation/${activation}`,
    'dense',
    classifier(i % 2 === 0 ? tasks.moons : tasks.circles, [repeat(3, dense(24, activation))], adam(0.01)),
  ),
);

const norm = { type: 'batch_norm', momentum: 0.9 };
const act = (activation: unknown) => ({ type: 'activation', activation });

/** Deep, but with what keeps the gradient alive. */
const deep = [
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

const dropout = (rate: number) => ({ type: 'dropout', rate });
/** Noise that is wanted. */
const noisy = [
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

const sparse = (bias: number) =>
  dense(64, 'relu', { ...he, bias_initializer: { type: 'constant', value: bias } });
/** What looks like a symptom and is none. */
const traps = [
  healthy('sparse-relu/digits', 'dense', classifier(tasks.digits, [sparse(-0.5), sparse(-0.5)], adam(0.003))),
  healthy('sparse-relu/wine', 'dense', classifier(tasks.wine, [sparse(-1)], adam(0.01))),
  healthy('sparse-relu/moons', 'dense', classifier(tasks.moons, [sparse(-0.3), sparse(-0.3)], adam(0.01))),
  healthy(
    'sparse-relu/breast-cancer',
    'dense',
    classifier(tasks.breast_cancer, [sparse(-1), sparse(-0.5)], adam(0.005)),
  ),
  healthy(
    'widths/256-8-128-4',
    'dense',
    classifier(tasks.digits, [relu(256), relu(24), relu(128), relu(16)], adam(0.003)),
  ),
  healthy(
    'widths/4-128-8',
    'dense',
    classifier(tasks.iris, [dense(4, 'tanh'), relu(128), dense(8, 'tanh')], adam(0.005)),
  ),
  healthy('widths/512-2', 'dense', classifier(tasks.moons, [relu(512), dense(4, 'tanh')], adam(0.003))),
  healthy('widths/8-256', 'dense', classifier(tasks.circles, [dense(8, 'tanh'), relu(256)], adam(0.005))),
  healthy(
    'converged/blobs',
    'dense',
    classifier(
      { ...tasks.blobs, data: { type: 'blobs', samples: 300, centers: 3, std: 0.3 } },
      [relu(32)],
      adam(0.02),
      { steps: 1500 },
    ),
  ),
  healthy(
    'converged/xor',
    'dense',
    classifier(tasks.xor, [dense(32, 'tanh'), dense(32, 'tanh')], adam(0.02), { steps: 1500 }),
  ),
  healthy(
    'converged/moons',
    'dense',
    classifier(tasks.moons, [relu(64), relu(64)], sgd(0.1, 0.9), { steps: 1500 }),
  ),
  healthy(
    'converged/teacher',
    'dense',
    classifier(tasks.teacher, [dense(64, 'tanh')], adam(0.01), { steps: 1500 }),
  ),
  healthy(
    'batch-of-one/moons',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.002), { batch_size: 1, steps: 1500 }),
  ),
  healthy(
    'batch-of-one/iris',
    'dense',
    classifier(tasks.iris, [dense(24, 'tanh')], sgd(0.02), { batch_size: 1, steps: 1500 }),
  ),
  healthy(
    'full-batch/moons',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.02), { batch_size: 400 }),
  ),
  healthy(
    'full-batch/iris',
    'dense',
    classifier(tasks.iris, [dense(24, 'tanh')], sgd(0.5), { batch_size: 120 }),
  ),
  healthy(
    'small-targets/sine',
    'dense',
    classifier(
      { ...tasks.sine, data: scaledSine(1e-2) },
      [dense(48, 'tanh'), dense(48, 'tanh')],
      adam(0.003),
      { steps: 2000 },
    ),
  ),
  healthy(
    'small-targets/quadratic',
    'dense',
    classifier({ ...tasks.sine, data: scaledSine(0.05) }, [relu(64), relu(64)], adam(0.003), { steps: 600 }),
  ),
  healthy(
    'sigmoid-output/breast-cancer',
    'dense',
    experiment(
      { ...tasks.breast_cancer, loss: 'binary_cross_entropy' },
      [relu(32), dense(1, 'sigmoid')],
      adam(0.01),
      { steps: 800 },
    ),
  ),
  healthy(
    'sigmoid-output/moons',
    'dense',
    experiment(
      { ...tasks.moons, loss: 'binary_cross_entropy' },
      [relu(32), relu(32), dense(1, 'sigmoid')],
      adam(0.02),
      { steps: 1000 },
    ),
  ),
  healthy(
    'sigmoid-output/blobs',
    'dense',
    experiment(
      {
        ...tasks.blobs,
        data: { type: 'blobs', samples: 300, centers: 2, std: 0.4 },
        loss: 'binary_cross_entropy',
      },
      [dense(16, 'tanh'), dense(1, 'sigmoid')],
      adam(0.02),
      { steps: 1000 },
    ),
  ),
  healthy(
    'softmax-output/iris',
    'dense',
    experiment(
      { ...tasks.iris, loss: 'categorical_cross_entropy' },
      [relu(32), dense(3, 'softmax')],
      adam(0.01),
      { steps: 600 },
    ),
  ),
  healthy(
    'shallow-sigmoid/moons',
    'dense',
    classifier(tasks.moons, [dense(32, 'sigmoid')], adam(0.05), { steps: 600 }),
  ),
  healthy(
    'shallow-sigmoid/wine',
    'dense',
    classifier(tasks.wine, [dense(32, 'sigmoid'), dense(16, 'sigmoid')], adam(0.03), { steps: 600 }),
  ),
];

const settings = [
  healthy(
    'setting/clipping',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], sgd(0.1, 0.9), {
      gradient_clipping: { type: 'global_norm', max_norm: 1 },
    }),
  ),
  healthy(
    'setting/clipping-tight',
    'dense',
    classifier(tasks.circles, [relu(32), relu(32)], adam(0.01), {
      gradient_clipping: { type: 'global_norm', max_norm: 0.05 },
    }),
  ),
  healthy(
    'setting/l2',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.01), { regularization: { l2: 1e-3 } }),
  ),
  healthy(
    'setting/l1',
    'dense',
    classifier(tasks.digits, [relu(64)], adam(0.005), { regularization: { l1: 1e-4 } }),
  ),
  healthy(
    'setting/cosine',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], sgd(0.2, 0.9), { learning_rate_schedule: 'cosine' }),
  ),
  healthy(
    'setting/warm-up',
    'dense',
    classifier(tasks.circles, [relu(32), relu(32)], adam(0.01), {
      learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 30 },
    }),
  ),
  healthy(
    'setting/rmsprop',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], { type: 'rmsprop', learning_rate: 0.005 }),
  ),
  healthy(
    'setting/adagrad',
    'dense',
    classifier(tasks.iris, [relu(32)], { type: 'adagrad', learning_rate: 0.1 }),
  ),
  healthy(
    'setting/lion',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], { type: 'lion', learning_rate: 0.001 }),
  ),
  healthy(
    'setting/adamw',
    'dense',
    classifier(tasks.digits, [relu(64)], { type: 'adamw', learning_rate: 0.005 }),
  ),
  healthy(
    'setting/imbalance',
    'dense',
    classifier({ ...tasks.blobs, data: imbalanced(20), outputs: 2 }, [relu(16)], adam(0.02)),
  ),
  healthy(
    'setting/imbalance-50',
    'dense',
    classifier({ ...tasks.blobs, data: imbalanced(50), outputs: 2 }, [relu(16)], adam(0.02), { steps: 600 }),
  ),
];

/** Two separable classes, one of them `ratio` times as large. */
function imbalanced(ratio: number): Config {
  const count = 10 * ratio + 10;
  const rare = (i: number) => i % (ratio + 1) === 0;
  const inputs = Array.from({ length: count }, (_, i) => {
    const angle = i * 2.399963;
    const radius = 0.5 * Math.sqrt(((i * 7919) % count) / count);
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return rare(i) ? [x + 1.5, y + 1.5] : [x, y];
  });
  return { type: 'inline', inputs, targets: inputs.map((_, i) => Number(rare(i))) };
}

const image = { ...tasks.digits, shape: [1, 8, 8] };
const conv = (filters: number, activation: unknown, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation,
  ...more,
});
const pool = { type: 'max_pool2d' };
const flatten = { type: 'flatten' };
const globalPool = { type: 'global_average_pool2d' };
const parity = {
  data: { type: 'parity', samples: 500, length: 3 },
  shape: [3, 1],
  loss: 'softmax_cross_entropy',
};
const adding = {
  data: { type: 'adding_problem', samples: 600, length: 8 },
  shape: [8, 2],
  loss: 'mean_squared_error',
};

const images = [
  healthy(
    'conv/plain',
    'convolutional',
    classifier(image, [conv(8, 'relu', he), pool, conv(16, 'relu', he), flatten], adam(0.005), {
      steps: 200,
    }),
  ),
  healthy(
    'conv/batch-norm',
    'convolutional',
    classifier(
      image,
      [conv(8, 'linear'), norm, act('relu'), pool, conv(16, 'linear'), norm, act('relu'), globalPool],
      adam(0.01),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/tanh',
    'convolutional',
    classifier(image, [conv(8, 'tanh'), pool, conv(16, 'tanh'), flatten], adam(0.005), { steps: 200 }),
  ),
  healthy(
    'conv/strided',
    'convolutional',
    classifier(
      image,
      [conv(8, 'relu', { ...he, stride: 2 }), conv(16, 'relu', { ...he, stride: 2 }), flatten],
      adam(0.005),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/residual',
    'convolutional',
    classifier(
      image,
      [conv(12, 'relu', he), repeat(3, residual(conv(12, 'linear'), norm, act('relu'))), globalPool],
      adam(0.01),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/average-pool',
    'convolutional',
    classifier(image, [conv(8, 'gelu'), { type: 'average_pool2d' }, conv(16, 'gelu'), flatten], adam(0.005), {
      steps: 200,
    }),
  ),
  healthy(
    'conv/deep',
    'convolutional',
    classifier(image, [repeat(5, conv(8, 'relu', he)), flatten], adam(0.003), { steps: 200 }),
  ),
  healthy(
    'conv/dropout',
    'convolutional',
    classifier(
      image,
      [conv(16, 'relu', he), pool, dropout(0.3), flatten, relu(32), dropout(0.3)],
      adam(0.005),
      { steps: 250 },
    ),
  ),
  healthy(
    'conv1d/parity',
    'convolutional',
    classifier(
      { ...tasks.moons, ...parity },
      [{ type: 'conv1d', filters: 24, kernel_size: 3, activation: 'relu', ...he }, flatten, relu(24)],
      adam(0.01),
      { steps: 500 },
    ),
  ),
  healthy(
    'conv1d/adding',
    'convolutional',
    classifier(
      { ...tasks.sine, ...adding },
      [
        { type: 'conv1d', filters: 32, kernel_size: 3, padding: 'same', activation: 'relu', ...he },
        flatten,
        relu(32),
      ],
      adam(0.005),
      { steps: 500 },
    ),
  ),
];

const recurrent = (type: string, units: number, more: Config = {}): Config => ({ type, units, ...more });
const sequences = [
  ...['simple_rnn', 'lstm', 'gru'].flatMap((type) => [
    healthy(
      `${type}/parity`,
      'recurrent',
      classifier({ ...tasks.moons, ...parity }, [recurrent(type, 24)], adam(0.02), { steps: 500 }),
    ),
    healthy(
      `${type}/adding`,
      'recurrent',
      classifier({ ...tasks.sine, ...adding }, [recurrent(type, 24)], adam(0.01), { steps: 800 }),
    ),
  ]),
  healthy(
    'lstm/two-layers',
    'recurrent',
    classifier(
      { ...tasks.moons, ...parity },
      [recurrent('lstm', 16, { return_sequences: true }), recurrent('lstm', 16)],
      adam(0.02),
      { steps: 500 },
    ),
  ),
  healthy(
    'gru/two-layers',
    'recurrent',
    classifier(
      { ...tasks.sine, ...adding },
      [recurrent('gru', 16, { return_sequences: true }), recurrent('gru', 16)],
      adam(0.01),
      { steps: 800 },
    ),
  ),
];

const attend = (causal = false): Config => ({ type: 'self_attention', heads: 2, causal });
const layerNorm = { type: 'layer_norm' };
const block = (units: number): Config[] => [
  residual(layerNorm, attend()),
  residual(layerNorm, dense(2 * units, 'gelu'), dense(units)),
];
const transformers = [
  healthy(
    'transformer/adding',
    'attention',
    classifier(
      { ...tasks.sine, ...adding },
      [
        dense(16),
        { type: 'positional_embedding', kind: 'sinusoidal' },
        ...block(16),
        { type: 'global_average_pool1d' },
      ],
      adam(0.005),
      { steps: 600 },
    ),
  ),
  healthy(
    'transformer/parity',
    'attention',
    classifier(
      { ...tasks.moons, ...parity },
      [dense(16), { type: 'positional_embedding' }, ...block(16), ...block(16), flatten],
      adam(0.005),
      { steps: 500 },
    ),
  ),
  healthy(
    'transformer/digits-rows',
    'attention',
    classifier(
      { ...tasks.digits, data: { type: 'digits', scale: 0.0625 }, shape: [8, 8] },
      [dense(24), { type: 'positional_embedding' }, ...block(24), { type: 'global_average_pool1d' }],
      adam(0.005),
      { steps: 300 },
    ),
  ),
  healthy(
    'transformer/digits-rows-deep',
    'attention',
    classifier(
      { ...tasks.digits, shape: [8, 8] },
      [
        dense(16),
        { type: 'positional_embedding' },
        ...block(16),
        ...block(16),
        ...block(16),
        layerNorm,
        { type: 'global_average_pool1d' },
      ],
      adam(0.003),
      { steps: 300 },
    ),
  ),
  healthy(
    'attention/parity-dense',
    'attention',
    classifier(
      { ...tasks.moons, ...parity },
      [dense(16), { type: 'positional_embedding' }, residual(attend()), flatten, relu(32)],
      adam(0.005),
      { steps: 500 },
    ),
  ),
  healthy(
    'attention/causal-adding',
    'attention',
    classifier(
      { ...tasks.sine, ...adding },
      [dense(16), { type: 'positional_embedding' }, residual(attend(true)), flatten, relu(32)],
      adam(0.005),
      { steps: 500 },
    ),
  ),
];

export const healthyScenarios: readonly Scenario[] = inHalves([
  plain,
  byActivation,
  deep,
  noisy,
  traps,
  settings,
  ...healthyReported,
  ...healthyTaught,
  images,
  sequences,
  transformers,
]);
