/** @file Scenarios after what people report in public: the kinds that the first ones lacked, sick and healthy. */
import { at, bell, chance, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  raw,
  relu,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, circles, blobs, iris, wine, breast_cancer, digits, friedman, teacher } = tasks;

const sick = (
  name: string,
  rules: string | readonly string[],
  layers: readonly string[] | null,
  config: Config,
  twin: Config,
): Draft => ({
  name: `sick/${name}`,
  network: 'dense',
  experiment: config,
  sickness: { rules: typeof rules === 'string' ? [rules] : rules, layers, twin },
});

const healthy = (name: string, config: Config): Draft => ({
  name: `healthy/${name}`,
  network: 'dense',
  experiment: config,
  sickness: null,
});

/** A smooth function of two standardized inputs, on a scale of its own. */
const surface = (offset: number, scale: number, samples = 400): Config => {
  const inputs = rows(samples, 2);
  const value = (row: readonly number[]) => Math.sin(at(row, 0)) + 0.5 * at(row, 1);
  return { type: 'inline', inputs, targets: inputs.map((row) => offset + scale * value(row)) };
};
const regression = (data: Config, features: number): Task => ({ ...friedman, data, shape: [features] });
const onSurface = (offset: number, scale: number) => regression(surface(offset, scale), 2);

const targetScales: [number, number, string, Config][] = [
  [1980, 10, 'tanh', adam(0.01)],
  [0, 3e5, 'relu', adam(1e-3)],
  [250_000, 80_000, 'relu', adam(1e-3)],
  [0, 1e4, 'tanh', adam(0.01)],
  [3000, 100, 'relu', adam(1e-3)],
  [-500, 40, 'tanh', adam(0.005)],
  [0, 2000, 'relu', sgd(0.01)],
  [1e6, 1e5, 'relu', sgd(1e-4)],
];
const unscaledTargets = targetScales.map(([offset, scale, activation, optimizer]) =>
  sick(
    `unscaled-targets/${offset}-${scale}-${activation}`,
    'unscaled_targets',
    null,
    classifier(onSurface(offset, scale), [dense(16, activation)], optimizer),
    classifier(onSurface(0, 1), [dense(24, activation)], adam(0.01)),
  ),
);

const norm = (momentum?: number) => ({ type: 'batch_norm', ...(momentum === undefined ? {} : { momentum }) });
const act = (activation: string) => ({ type: 'activation', activation });
/** Weights that give outputs far from the averages' start. */
const wide = (units: number) => dense(units, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } });
const lagging: [Task, number, number][] = [
  [breast_cancer, 1, 150],
  [iris, 1, 150],
  [iris, 0.999, 60],
  [breast_cancer, 0.9999, 100],
  [iris, 0.9999, 150],
  [breast_cancer, 1, 80],
];
const mismatchedModes = lagging.map(([task, momentum, steps]) => {
  const network = (kept: number) => [wide(32), norm(kept), act('relu'), wide(32), norm(kept), act('relu')];
  return sick(
    `inference-mismatch/${task.name}-${momentum}-${steps}`,
    'inference_mismatch',
    ['batch_norm_1', 'batch_norm_2'],
    classifier(task, network(momentum), adam(0.01), { steps }),
    classifier(task, network(0.8), adam(0.01), { steps: Math.max(150, steps) }),
  );
});

const penalties: [Task, Config, Config][] = [
  [friedman, sgd(0.01), { regularization: { l2: 1 } }],
  [teacher, adam(0.01), { regularization: { l2: 0.5 } }],
  [moons, adam(0.01), { regularization: { l2: 0.3 } }],
  [digits, adam(0.003), { regularization: { l1: 0.1 } }],
  [iris, adam(0.01), { regularization: { l1: 0.3 } }],
  [wine, sgd(0.05), { regularization: { l2: 0.5 } }],
];
const penalized = penalties.map(([task, optimizer, training]) =>
  sick(
    `regularization/${task.name}-${JSON.stringify(training.regularization).replace(/[^a-z0-9.]/g, '')}`,
    'excessive_regularization',
    ['dense_1', 'dense_2', 'dense_3'],
    classifier(regressionScaled(task), [relu(24), relu(24)], optimizer, training),
    classifier(regressionScaled(task), [relu(24), relu(24)], adam(0.01), { regularization: { l2: 1e-4 } }),
  ),
);

/** Targets of size 1. */
function regressionScaled(task: Task): Task {
  return task.loss === 'mean_squared_error' ? raw(task, { ...task.data, standardize_targets: true }) : task;
}

const drops: [Task, number][] = [
  [digits, 0.98],
  [moons, 0.95],
  [iris, 0.97],
  [wine, 0.98],
  [circles, 0.95],
  [breast_cancer, 0.99],
];
const dropped = drops.map(([task, rate]) => {
  const network = (p: number) => [
    relu(24),
    { type: 'dropout', rate: p },
    relu(24),
    { type: 'dropout', rate: p },
  ];
  return sick(
    `dropout/${task.name}-${rate}`,
    'excessive_dropout',
    ['dropout_1', 'dropout_2'],
    classifier(task, network(rate), adam(1e-3), { steps: 200 }),
    classifier(task, network(0.1), adam(0.01), { steps: 300 }),
  );
});

/** Samples class after class. */
function sorted(classes: number, samples: number, shuffle: boolean): Task {
  const each = samples / classes;
  const inputs = rows(samples, 4).map((row, i) => {
    const label = Math.floor(i / each);
    return row.map((x, j) => 0.6 * x + (j === label % 4 ? 1.5 : 0) * (label < 4 ? 1 : -1));
  });
  const targets = inputs.map((_, i) => Math.floor(i / each));
  const data = { type: 'inline', inputs, targets, shuffle, validation_split: 0 };
  return { ...blobs, data, shape: [4], outputs: classes };
}
const orders: [number, number, Config][] = [
  [5, 6000, sgd(0.5)],
  [4, 6400, sgd(0.5)],
  [6, 6000, sgd(0.8)],
  [3, 6000, sgd(0.5)],
  [8, 6400, sgd(0.5)],
  [5, 8000, sgd(0.3)],
];
const unshuffled = orders.map(([classes, samples, optimizer]) =>
  sick(
    `unshuffled/${classes}-classes-${samples}`,
    'unshuffled_data',
    null,
    classifier(sorted(classes, samples, false), [dense(32, 'relu')], optimizer),
    classifier(sorted(classes, samples, true), [dense(32, 'relu')], sgd(0.1)),
  ),
);

const degenerate = [
  sick(
    'degenerate-norm/layer-norm-of-one',
    'degenerate_normalization',
    ['layer_norm_1'],
    classifier(onSurface(0, 1), [relu(16), dense(1), { type: 'layer_norm' }], adam(0.01)),
    classifier(onSurface(0, 1), [relu(16), { type: 'layer_norm' }], adam(0.01)),
  ),
  sick(
    'degenerate-norm/layer-norm-of-one-input',
    'degenerate_normalization',
    ['layer_norm_1'],
    classifier({ ...tasks.sine }, [{ type: 'layer_norm' }, relu(32), relu(32)], adam(0.01)),
    classifier({ ...tasks.sine }, [relu(32), relu(32)], adam(0.01)),
  ),
  sick(
    'degenerate-norm/batch-of-one',
    'degenerate_normalization',
    ['batch_norm_1'],
    classifier(moons, [dense(16), norm(), act('relu')], sgd(0.05), { batch_size: 1 }),
    classifier(moons, [dense(16), norm(0.9), act('relu')], adam(0.02), { batch_size: 32 }),
  ),
  sick(
    'degenerate-norm/batch-of-one-iris',
    'degenerate_normalization',
    ['batch_norm_1'],
    classifier(iris, [dense(16), norm(), act('tanh')], adam(0.01), { batch_size: 1 }),
    classifier(iris, [dense(16), norm(0.9), act('tanh')], adam(0.01), { batch_size: 16 }),
  ),
];

/** Networks without the hidden units that their data ask for. */
const oscillating = (periods: number): Task => {
  const inputs = Array.from({ length: 500 }, (_, i) => [i / 250 - 1]);
  const targets = inputs.map((row) => Math.sin(Math.PI * periods * at(row, 0)));
  return regression({ type: 'inline', inputs, targets }, 1);
};
const wave = {
  kernel_initializer: { type: 'normal', stddev: 15 },
  bias_initializer: { type: 'uniform', min: -3, max: 3 },
};
const narrow = [6, 8, 9, 11].map((periods) =>
  sick(
    `underfitting/sine-of-${periods}-periods`,
    ['underfitting', 'loss_not_decreasing', 'slow_convergence'],
    null,
    classifier(oscillating(periods), [dense(16, 'tanh'), dense(16, 'tanh')], adam(1e-3)),
    classifier(oscillating(periods), [dense(64, 'sine', wave), relu(64)], adam(0.005), { steps: 600 }),
  ),
);

const binary = (task: Task, loss = 'binary_cross_entropy'): Task => ({ ...task, loss });
const wrongOutputs: [string, Task, readonly Config[], Task, readonly Config[]][] = [
  [
    'one-softmax-moons',
    binary(moons),
    [relu(16), dense(1, 'softmax')],
    binary(moons),
    [relu(24), relu(24), dense(1, 'sigmoid')],
  ],
  [
    'one-softmax-circles',
    binary(circles),
    [relu(16), dense(1, 'softmax')],
    binary(circles),
    [relu(24), dense(1, 'sigmoid')],
  ],
  [
    'sigmoid-for-counts',
    onSurface(4, 2),
    [relu(16), dense(1, 'sigmoid')],
    onSurface(0, 1),
    [relu(16), dense(1)],
  ],
  [
    'tanh-for-large-values',
    onSurface(0, 8),
    [relu(16), dense(1, 'tanh')],
    onSurface(0, 1),
    [relu(16), dense(1)],
  ],
  [
    'relu-for-negative-values',
    onSurface(-3, 1),
    [relu(16), dense(1, 'relu')],
    onSurface(0, 1),
    [relu(16), dense(1)],
  ],
  [
    'softmax-for-values',
    onSurface(3, 1),
    [relu(16), dense(1, 'softmax')],
    onSurface(0, 1),
    [relu(16), dense(1)],
  ],
  [
    'sigmoid-under-logits-loss',
    binary(iris, 'softmax_cross_entropy'),
    [relu(16), dense(3, 'sigmoid')],
    iris,
    [relu(16), dense(3)],
  ],
  [
    'linear-under-probability-loss',
    binary(breast_cancer),
    [relu(16), dense(1)],
    binary(breast_cancer),
    [relu(16), dense(1, 'sigmoid')],
  ],
];
const outputs = wrongOutputs.map(([label, task, layers, right, repaired]) =>
  sick(
    `mismatch/${label}`,
    'loss_output_mismatch',
    [`dense_${layers.length}`],
    experiment(task, layers, adam(0.01)),
    experiment(right, repaired, adam(0.01)),
  ),
);

/** Two classes that overlap, the smaller a `share` of all, under one sigmoid. */
function rare(share: number, distance: number): Task {
  const inputs = rows(1000, 2).map((row, i) =>
    chance(i + 77) < share ? [at(row, 0) + distance, at(row, 1)] : row,
  );
  const targets = inputs.map((_, i) => Number(chance(i + 77) < share));
  return { ...moons, data: { type: 'inline', inputs, targets }, outputs: 1, loss: 'sigmoid_cross_entropy' };
}
const missed: [number, number][] = [
  [0.02, 2],
  [0.03, 1.8],
  [0.04, 1.5],
  [0.1, 1],
];
const rareBinary = missed.map(([share, distance]) =>
  sick(
    `imbalance/sigmoid-${share}`,
    'class_imbalance',
    null,
    classifier(rare(share, distance), [dense(8, 'tanh')], adam(0.003), { steps: 300 }),
    classifier(rare(share, 5), [dense(16, 'tanh')], adam(0.02), { steps: 500 }),
  ),
);

export const sickReported: readonly (readonly Draft[])[] = [
  unscaledTargets,
  mismatchedModes,
  penalized,
  dropped,
  unshuffled,
  degenerate,
  narrow,
  outputs,
  rareBinary,
];

// ————— healthy —————

/** y = 0.4·x₁ + noise: least squares explains `share` of the variance, and nothing does better. */
function noisyLine(share: number): Task {
  const inputs = rows(800, 5);
  const noise = Math.sqrt(1 / share - 1);
  return regression(
    { type: 'inline', inputs, targets: inputs.map((row, i) => at(row, 0) + noise * bell(i + 90_001)) },
    5,
  );
}
const atOptimum = [0.15, 0.25, 0.35, 0.2].map((share) =>
  healthy(`limit/noise-${share}`, classifier(noisyLine(share), [], adam(0.01))),
);

const soft = [3, 1.5].map((slope) => {
  const inputs = rows(400, 2);
  const targets = inputs.map((row) => 1 / (1 + Math.exp(-slope * (at(row, 0) + at(row, 1)))));
  const task = binary(regression({ type: 'inline', inputs, targets }, 2));
  return healthy(
    `soft-targets/${slope}`,
    experiment(task, [dense(1, 'sigmoid')], adam(0.05), { steps: 500 }),
  );
});

const pixels = raw(digits, { type: 'digits' });
const heavyDropout: [Task, number][] = [
  [digits, 0.5],
  [breast_cancer, 0.6],
  [wine, 0.7],
  [iris, 0.5],
];
const decays: [Task, number][] = [
  [digits, 0.01],
  [moons, 0.05],
  [wine, 0.1],
  [breast_cancer, 0.05],
];
const right = [
  ...heavyDropout.map(([task, rate]) =>
    healthy(
      `dropout/right-${task.name}-${rate}`,
      classifier(task, [relu(128), { type: 'dropout', rate }], adam(0.005), { steps: 400 }),
    ),
  ),
  ...decays.map(([task, weight_decay]) =>
    healthy(
      `weight-decay/${task.name}-${weight_decay}`,
      classifier(task, [relu(48)], { type: 'adamw', learning_rate: 0.01, weight_decay }),
    ),
  ),
  ...[moons, iris, wine].map((task) =>
    healthy(
      `l2/right-${task.name}`,
      classifier(task, [relu(48)], adam(0.01), { regularization: { l2: 1e-3 } }),
    ),
  ),
];

const numbers = [
  healthy('whole-numbers/pixels', classifier(pixels, [relu(64)], adam(1e-3), { steps: 500 })),
  healthy('whole-numbers/pixels-wide', classifier(pixels, [relu(128), relu(64)], adam(1e-3))),
  healthy(
    'whole-numbers/years-standardized',
    classifier(raw(onSurface(0, 1), { ...years(), standardize: true }), [relu(32)], adam(0.01)),
  ),
  healthy('whole-numbers/targets', classifier(onSurface(4, 2), [relu(32)], adam(0.02), { steps: 500 })),
  healthy(
    'targets/standardized-years',
    classifier(
      raw(onSurface(0, 1), { ...surface(1980, 10), standardize_targets: true }),
      [relu(32)],
      adam(0.01),
    ),
  ),
  healthy(
    'targets/standardized-prices',
    classifier(
      raw(onSurface(0, 1), { ...surface(250_000, 80_000), standardize_targets: true }),
      [dense(32, 'tanh')],
      adam(0.01),
    ),
  ),
];

function years(): Config {
  const inputs = Array.from({ length: 400 }, (_, i) => [
    1900 + Math.floor(120 * chance(i)),
    Math.floor(12 * chance(i + 999)),
  ]);
  return { type: 'inline', inputs, targets: inputs.map((row) => (at(row, 0) - 1960) / 40 + at(row, 1) / 6) };
}

const enough = [digits, moons, iris].map((task) =>
  healthy(
    `batch-norm/enough-steps-${task.name}`,
    classifier(task, [dense(32), norm(0.9), act('relu')], adam(0.01), { steps: 300 }),
  ),
);

const fine = [
  ...[5, 4, 6].map((classes) =>
    healthy(
      `order/sorted-but-shuffled-${classes}`,
      classifier(sorted(classes, 1200, true), [dense(32, 'relu')], sgd(0.1)),
    ),
  ),
  ...[0.1, 0.06].map((share) =>
    healthy(
      `imbalance/learned-${share}`,
      classifier(rare(share, 5), [dense(16, 'tanh')], adam(0.02), { steps: 500 }),
    ),
  ),
  healthy(
    'shape/sigmoid-then-flatten',
    experiment(binary(moons), [relu(24), relu(24), dense(1, 'sigmoid'), { type: 'flatten' }], adam(0.01)),
  ),
  healthy(
    'shape/softmax-as-a-layer',
    experiment(binary(iris, 'categorical_cross_entropy'), [relu(24), dense(3), act('softmax')], adam(0.01)),
  ),
  healthy(
    'shape/dropout-last',
    experiment(moons, [relu(48), relu(48), dense(2), { type: 'dropout', rate: 0.05 }], adam(0.01)),
  ),
];

export const healthyReported: readonly (readonly Draft[])[] = [atOptimum, soft, right, numbers, enough, fine];
