/** @file Learning rates too high and too low, and trainings too short. */
import { at, bell, chance, even, rows } from '../numbers.ts';
import { adam, dense, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  circles,
  conv,
  digits,
  dropout,
  inline,
  layer,
  mse,
  nesterov,
  type Published,
  pool,
  rmsprop,
  run,
  stackoverflow,
  trainer,
  umlaut,
  uniform05,
  xor,
} from './parts.ts';

const parabola = Array.from({ length: 50 }, (_, i) => [i / 10]);
const rateTooHigh: Published = {
  name: 'parabola-at-rate-0.1',
  source: stackoverflow(48934338),
  accepted: 'the learning rate is too high: loss NaN',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(50, 'relu'), dense(30, 'relu', uniform05), layer(1)],
    inline(
      parabola,
      parabola.map((row, i) => 5 * at(row, 0) ** 2 + bell(i) ** 3),
    ),
    mse(sgd(0.1), { steps: 400 }),
  ),
};

const momentumTooFast: Published = {
  name: 'convolutions-at-rate-0.1-with-momentum',
  source: stackoverflow(37624102),
  accepted: 'the rate of 0.1 is too high with a momentum of 0.9: the loss does not move',
  labels: [['update_ratio']],
  half: 'judge',
  experiment: run(
    [1, 8, 8],
    [conv(8), conv(8), pool, conv(8), { type: 'flatten' }, layer(32, 'relu'), layer(10, 'softmax')],
    digits(1),
    cce(nesterov(0.1, 0.9), { batch_size: 64, steps: 120 }),
  ),
};

const keypoints = rows(400, 16);
const keypointTargets = keypoints.map((row) =>
  [0, 1, 2, 3].map((j) => 0.3 * at(row, j) - 0.2 * at(row, j + 4)),
);
const adamTooFast: Published = {
  name: 'adam-at-rate-0.1',
  source: 'https://github.com/Wardat-ISU/DeepLocalize/tree/main/Benchmark/GitHub (FacialKeypointsDetection)',
  accepted: 'Adam at a rate of 0.1 is too fast; too few epochs',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [1, 4, 4],
    [
      conv(32),
      pool,
      dropout(0.1),
      conv(64, { kernel_size: 2 }),
      { type: 'flatten' },
      layer(200, 'relu'),
      layer(200, 'relu'),
      layer(4),
    ],
    inline(
      keypoints.map((row) => [0, 1, 2, 3].map((y) => row.slice(4 * y, 4 * y + 4))).map((image) => [image]),
      keypointTargets,
    ),
    mse(adam(0.1), { steps: 120 }),
  ),
};

const blobOscillates: Published = {
  name: 'blob-oscillating',
  source: trainer,
  accepted: 'oscillating loss: the rate is too high',
  labels: [['update_ratio', 'sharpness', 'unstable_loss']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(32, 'relu'), layer(32, 'relu'), layer(3)],
    { type: 'blobs', samples: 500, centers: 3 },
    { loss: 'softmax_cross_entropy', optimizer: adam(0.8), steps: 300 },
  ),
};

const rateOfUmlaut: Published = {
  name: 'adam-at-rate-1',
  source: umlaut,
  accepted: 'the learning rate is too high',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(64, 'relu'), layer(64, 'relu'), layer(10, 'softmax')],
    digits(),
    cce(adam(1), { steps: 200 }),
  ),
};

const gentle = even(300, 1, 0, 1);
const tooLow: Published = {
  name: 'plain-descent-at-its-default-rate',
  source: stackoverflow(44998910),
  accepted: 'rate too low and too few epochs',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(20, 'tanh'), layer(1)],
    inline(
      gentle,
      gentle.map((row) => Math.sin(6 * at(row, 0))),
    ),
    mse(sgd(0.01), { steps: 150 }),
  ),
};

const tens = even(400, 1, 0, 10);
const rmspropTooLow: Published = {
  name: 'rmsprop-at-its-default-rate',
  source: stackoverflow(51181393),
  accepted: 'the rate is too low: 0.1 instead of 0.001',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1)],
    inline(
      tens,
      tens.map((row) => 2 * at(row, 0) + 5),
    ),
    mse(rmsprop(0.001), { steps: 300 }),
  ),
};

const circleSlow: Published = {
  name: 'circle-slow',
  source: trainer,
  accepted: 'slow convergence: the rate is too low',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(32, 'relu'), layer(32, 'relu'), layer(1, 'sigmoid')],
    circles,
    bce(adam(1e-5), { steps: 400 }),
  ),
};

const decayTooFast: Published = {
  name: 'rate-decays-to-nothing',
  source: 'https://chenzhang.org/notes/developer/loss-and-accuracy-get-stuck-in-keras/',
  accepted: 'the rate is far too low after a few steps: raise it',
  labels: [['slow_convergence', 'update_ratio', 'unchanged_parameters']],
  half: 'develop',
  experiment: run([64], [layer(64, 'relu'), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.05),
    learning_rate_schedule: { type: 'exponential', decay_steps: 2, decay_rate: 0.5 },
    steps: 300,
  }),
};

const xorTooShort: Published = {
  name: 'xor-absolute-error',
  source: stackoverflow(31556268),
  accepted: 'too few epochs, rate too low; squared error instead of absolute',
  labels: [['slow_convergence'], ['loss_output_mismatch', 'slow_convergence']],
  half: 'develop',
  experiment: run([2], [layer(4, 'sigmoid'), layer(1, 'sigmoid')], xor(), {
    loss: 'mean_absolute_error',
    optimizer: nesterov(0.05, 0.11),
    batch_size: 4,
    steps: 1000,
  }),
};

const twoSquares = Array.from({ length: 200 }, (_, i) =>
  [0, 1].map((j) => (i % 2 === 0 ? 0.2 + 0.2 * chance(2 * i + j) : 0.5 + 0.2 * chance(2 * i + j))),
);
const fiveEpochs: Published = {
  name: 'two-squares-five-epochs',
  source: stackoverflow(50306988),
  accepted: 'rate too low and too few epochs',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(2, 'sigmoid'), layer(2, 'softmax')],
    inline(
      twoSquares,
      twoSquares.map((_, i) => i % 2),
    ),
    cce(adam(0.001), { steps: 25 }),
  ),
  twin: run(
    [2],
    [layer(8, 'tanh'), layer(2, 'softmax')],
    inline(
      twoSquares,
      twoSquares.map((_, i) => i % 2),
    ),
    cce(adam(0.02), { steps: 400 }),
  ),
};

const largeBatches: Published = {
  name: 'large-batches-five-epochs',
  source: stackoverflow(44164749),
  accepted: 'too few epochs for such batches, and a rate that is too low',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(128, 'relu'), dropout(0.1), layer(64, 'relu'), dropout(0.1), layer(10, 'softmax')],
    digits(),
    cce(nesterov(0.01, 0.9), { batch_size: 500, steps: 15 }),
  ),
};

const twoEpochs: Published = {
  name: 'two-epochs',
  source: stackoverflow(37213388),
  accepted: 'two epochs are too few',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [64],
    [layer(128, 'relu'), dropout(0.5), layer(10, 'softmax')],
    digits(),
    cce(sgd(0.05), { batch_size: 100, steps: 28 }),
  ),
};

export const rates: readonly Published[] = [
  rateTooHigh,
  momentumTooFast,
  adamTooFast,
  blobOscillates,
  rateOfUmlaut,
  tooLow,
  rmspropTooLow,
  circleSlow,
  decayTooFast,
  xorTooShort,
  fiveEpochs,
  largeBatches,
  twoEpochs,
];
