/** @file Scenarios of kinds that later reports taught: counts, networks without activations, trainings cut short of the reference. */
import { at, chance, rows } from './numbers.ts';
import { adam, type Config, type Draft, dense, experiment, relu, sgd, type Task } from './scenario.ts';

const inputs = rows(500, 4);

/** Of a Poisson distribution of this mean: how often a product of chances stays above e⁻ᵐ. */
function count(mean: number, i: number): number {
  let [events, product] = [-1, 1];
  while (product > Math.exp(-mean)) product *= chance(97 * i + ++events + 13);
  return events;
}

const task = (loss: string, targetOf: (row: readonly number[], i: number) => number) => ({
  data: { type: 'inline', inputs, targets: inputs.map((row, i) => [targetOf(row, i)]) },
  shape: [4],
  loss,
});
const counts = (base: number) =>
  task('poisson', (row, i) => count(Math.exp(base + at(row, 0) - 0.7 * at(row, 1)), i));

const healthy = (name: string, config: Config): Draft => ({
  name: `healthy/${name}`,
  network: 'dense',
  experiment: config,
  sickness: null,
});
const sick = (name: string, rules: readonly string[], config: Config, twin: Config): Draft => ({
  name: `sick/${name}`,
  network: 'dense',
  experiment: config,
  sickness: { rules, layers: null, twin },
});

const countNetworks: Draft[] = [
  healthy(
    'counts/exponential',
    experiment(counts(1), [relu(16), dense(1, 'exponential')], adam(0.005), { steps: 400 }),
  ),
  healthy(
    'counts/softplus',
    experiment(counts(1), [relu(32), dense(1, 'softplus')], adam(0.01), { steps: 500 }),
  ),
  healthy(
    'counts/log-linear',
    experiment(counts(2), [dense(1, 'exponential', { kernel_initializer: 'zeros' })], adam(0.02), {
      steps: 400,
    }),
  ),
  healthy(
    'counts/large',
    experiment(counts(3), [dense(16, 'tanh'), dense(1, 'exponential')], adam(0.01), { steps: 500 }),
  ),
];

const plane = task('mean_squared_error', (row) => at(row, 0) - 2 * at(row, 1) + 0.5 * at(row, 2));
const bent = task('mean_squared_error', (row) => at(row, 0) - 2 * at(row, 1) + 1.5 * at(row, 2) * at(row, 3));
const dented = task('mean_squared_error', (row) => Math.abs(at(row, 0)) + 0.6 * at(row, 1));

const linearNetworks: Draft[] = [
  healthy('linear/deep-on-a-plane', experiment(plane, [dense(16), dense(16), dense(1)], adam(0.005))),
  healthy('linear/one-layer-on-a-plane', experiment(plane, [dense(1)], sgd(0.05))),
];

const noActivations: Draft[] = [
  sick(
    'linear/product',
    ['underfitting'],
    experiment(bent, [dense(32), dense(32), dense(1)], adam(0.005), { steps: 600 }),
    experiment(bent, [relu(32), relu(32), dense(1)], adam(0.005), { steps: 600 }),
  ),
  sick(
    'linear/absolute-value',
    ['underfitting', 'loss_not_decreasing'],
    experiment(dented, [dense(16), { type: 'dropout', rate: 0 }, dense(16), dense(1)], adam(0.01), {
      steps: 400,
    }),
    experiment(dented, [relu(16), relu(16), dense(1)], adam(0.01), { steps: 400 }),
  ),
];

const anyNumbers: Draft[] = [
  sick(
    'mismatch/linear-for-counts',
    ['loss_output_mismatch'],
    experiment(counts(1), [relu(16), dense(1)], adam(0.005)),
    experiment(counts(1), [relu(16), dense(1, 'exponential')], adam(0.005), { steps: 400 }),
  ),
  sick(
    'mismatch/tanh-for-counts',
    ['loss_output_mismatch'],
    experiment(counts(1), [relu(16), dense(1, 'tanh')], sgd(0.01)),
    experiment(counts(1), [relu(16), dense(1, 'softplus')], adam(0.01), { steps: 400 }),
  ),
];

/** Of `labels` labels a sample has about two; each turns the input by a code of its own, beside `noise`. */
function labelled(labels: number, noise: number): Pick<Task, 'data' | 'shape' | 'loss'> {
  const codes = rows(labels, 12);
  const targets = Array.from({ length: 400 }, (_, i) =>
    Array.from({ length: labels }, (__, j) => Number(chance(i * labels + j + 301) < 2 / labels)),
  );
  const features = targets.map((own, i) =>
    Array.from({ length: 12 }, (_, f) =>
      own.reduce((sum, has, j) => sum + has * at(codes[j] ?? [], f), noise * chance(12 * i + f + 9001)),
    ),
  );
  return { data: { type: 'inline', inputs: features, targets }, shape: [12], loss: 'sigmoid_cross_entropy' };
}
const severalLabels = [30, 40].map((labels) =>
  sick(
    `imbalance/several-labels-${labels}`,
    ['class_imbalance'],
    experiment(labelled(labels, 1), [relu(16), dense(labels)], adam(0.003), { steps: 250 }),
    experiment(labelled(12, 0.1), [relu(64), dense(12)], adam(0.02), { steps: 400 }),
  ),
);
const learnedLabels = [12, 20].map((labels) =>
  healthy(
    `imbalance/several-labels-${labels}`,
    experiment(labelled(labels, 0.1), [relu(64), dense(labels)], adam(0.02), { steps: 400 }),
  ),
);

/** An output whose weights were all drawn below 0, behind units that are never below 0. */
const below = { kernel_initializer: { type: 'uniform', min: -0.6, max: 0 } };
const positive = (offset: number) =>
  task('mean_squared_error', (row) => offset + 0.05 * (Math.tanh(at(row, 0)) + Math.tanh(at(row, 1))));
const standardized = (one: ReturnType<typeof task>) => ({
  ...one,
  data: { ...one.data, standardize_targets: true },
});
const drawnDead = [0.6, 0.3].map((offset) =>
  sick(
    `dead/output-from-the-draw-${offset}`,
    ['dead_units'],
    experiment(positive(offset), [relu(16), dense(1, 'relu', below)], adam(0.003)),
    experiment(standardized(positive(offset)), [relu(16), dense(1)], adam(0.01), { steps: 400 }),
  ),
);

export const healthyTaught: readonly (readonly Draft[])[] = [countNetworks, linearNetworks, learnedLabels];
export const sickTaught: readonly (readonly Draft[])[] = [
  noActivations,
  anyNumbers,
  severalLabels,
  drawnDead,
];
