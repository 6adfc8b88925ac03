/** @file Networks that learn, though something about each of them would look wrong in another one. */
import { at, chance, even, rows } from '../numbers.ts';
import { adam, type Config, classifier, dense, relu, sgd, tasks } from '../scenario.ts';
import { healthy } from './draft.ts';

const experiment = (
  shape: readonly number[],
  layers: readonly Config[],
  data: Config,
  training: Config,
): Config => ({
  network: { input: { shape }, layers },
  data: { type: 'inline', ...data },
  training: { batch_size: 32, ...training },
});

/** The loss of soft targets ends at their own entropy, 0.64, and cannot come near 0. */
const grey = even(400, 12);
const greyCode = experiment(
  [12],
  [relu(48), dense(12, 'sigmoid')],
  { inputs: grey, targets: 'inputs' },
  { loss: 'binary_cross_entropy', optimizer: adam(0.005), steps: 1200 },
);

/** What counts comes last; the first of sixty steps has no gradient, and needs none. */
const tails = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 60 }, (__, t) => [2 * chance(60 * i + t + 100_000) - 1]),
);
const recent = experiment(
  [60, 1],
  [{ type: 'simple_rnn', units: 12 }, dense(1)],
  {
    inputs: tails,
    targets: tails.map((steps) => at(steps[59] ?? [], 0) - 0.5 * at(steps[58] ?? [], 0)),
  },
  { loss: 'mean_squared_error', optimizer: adam(0.01), steps: 300 },
);

/** Half of the targets are 0, and a ReLU at the output gives exactly that. */
const customers = rows(600, 6);
const visits = experiment(
  [6],
  [relu(32), dense(1, 'relu', { bias_initializer: { type: 'constant', value: 1 } })],
  {
    inputs: customers,
    targets: customers.map((row) => Math.max(0, Math.round(2 * at(row, 0) + 2 * at(row, 1)))),
  },
  { loss: 'mean_squared_error', optimizer: adam(0.005), steps: 600 },
);

/** Forms in which most boxes are never ticked, and one always is. */
const forms = Array.from({ length: 500 }, (_, i) =>
  Array.from({ length: 40 }, (__, j) =>
    j < 6 ? Number(chance(40 * i + j + 120_000) > 0.5) : Number(j === 6),
  ),
);
const boxes = experiment(
  [40],
  [relu(24), dense(2)],
  { inputs: forms, targets: forms.map((row) => (at(row, 0) + at(row, 1) + at(row, 2) > 1 ? 1 : 0)) },
  { loss: 'softmax_cross_entropy', optimizer: adam(0.01), steps: 400 },
);

export const odd = [
  healthy('odd/grey-targets', 'dense', greyCode),
  healthy('odd/recent-of-sixty', 'recurrent', recent),
  healthy('odd/relu-of-visits', 'dense', visits),
  healthy('odd/boxes-never-ticked', 'dense', boxes),
  // Adam divides by the size of the gradient: however short it is cut, its steps are the same.
  healthy(
    'odd/clipped-at-every-step',
    'dense',
    classifier(tasks.digits, [relu(32)], adam(0.005), {
      gradient_clipping: { type: 'global_norm', max_norm: 0.01 },
    }),
  ),
  // Learned at a third of the steps; at the end the rate is a thousandth, and the weights stand.
  healthy(
    'odd/rate-decays-to-nothing',
    'dense',
    classifier(tasks.wine, [relu(24)], sgd(0.1, 0.9), {
      learning_rate_schedule: { type: 'exponential', decay_rate: 0.1, decay_steps: 150 },
      steps: 600,
    }),
  ),
];
