/** @file Inputs and targets on a scale that weights are not drawn for. */
import { at, even, rows } from '../numbers.ts';
import { adam, type Config, dense, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  digits,
  hugeRegression,
  inline,
  keras,
  layer,
  mse,
  normal05,
  type Published,
  run,
  stackoverflow,
} from './parts.ts';

const fourth = Array.from({ length: 400 }, (_, i) => [-100 + i / 2]);
const fourthPower: Published = {
  name: 'fourth-power',
  source: stackoverflow(52800582),
  accepted: 'inputs and targets are not scaled',
  labels: [['unscaled_inputs', 'unscaled_targets'], ['unscaled_targets']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(50, 'sigmoid'), layer(50, 'elu'), layer(1)],
    inline(
      fourth,
      fourth.map((row) => at(row, 0) ** 4),
    ),
    mse(adam(0.001), { batch_size: 320, steps: 500 }),
  ),
};

const bytes: Published = {
  name: 'pixels-of-0-to-255',
  source: stackoverflow(55328966),
  accepted: 'pixels are not divided by 255; sigmoid instead of softmax; plain gradient descent',
  labels: [['unscaled_inputs'], ['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(64), layer(50, 'relu'), layer(10, 'sigmoid')],
    digits(16),
    cce(sgd(0.0001), { steps: 300 }),
  ),
};

const packets = even(500, 11).map((row) => row.map((x, j) => x * 10 ** ((j % 4) + 1)));
const packetsReport: Published = {
  name: 'packets-not-scaled',
  source: stackoverflow(44066044),
  accepted: 'features are not scaled; ReLU at the output of two classes',
  labels: [['unscaled_inputs', 'loss_output_mismatch'], ['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [11],
    [dense(12, 'relu', normal05), dense(12, 'relu', normal05), dense(1, 'relu', normal05)],
    inline(
      packets,
      packets.map((row) => Number(at(row, 0) / 10 + at(row, 1) / 100 > 1)),
    ),
    bce(adam(0.001), { batch_size: 5, steps: 800 }),
  ),
};

const adults = even(800, 6).map((row) => [
  17 + 60 * at(row, 0),
  1e6 * at(row, 1) ** 2,
  Math.floor(16 * at(row, 2)),
  at(row, 3) > 0.9 ? 1e5 * at(row, 3) : 0,
  Math.floor(7 * at(row, 4)),
  20 + 40 * at(row, 5),
]);
const adultsData = (more: Config = {}) =>
  inline(
    adults,
    adults.map((row) => Number(at(row, 0) / 77 + at(row, 2) / 16 + at(row, 5) / 60 > 1.6)),
    more,
  );
const census: Published = {
  name: 'census-not-scaled',
  source: stackoverflow(47724077),
  accepted: 'features of up to a million beside others of 1: standardize them',
  labels: [['unscaled_inputs']],
  half: 'develop',
  experiment: run(
    [6],
    [layer(21, 'relu'), layer(2, 'softmax')],
    adultsData(),
    cce(adam(0.001), { batch_size: 100, steps: 350 }),
  ),
  twin: run(
    [6],
    [layer(21, 'relu'), layer(2, 'softmax')],
    adultsData({ standardize: true }),
    cce(adam(0.01), { batch_size: 100, steps: 350 }),
  ),
};

const houses = even(300, 2).map((row) => [500 + 3000 * at(row, 0), 1 + Math.floor(5 * at(row, 1))]);
const housing: Published = {
  name: 'prices-from-raw-areas',
  source: stackoverflow(46642627),
  accepted: 'inputs and targets are not scaled; binary cross-entropy for values; rate too high',
  labels: [
    ['unscaled_inputs', 'unscaled_targets'],
    ['update_ratio', 'unscaled_targets'],
  ],
  half: 'develop',
  experiment: run(
    [2],
    [layer(8, 'relu'), layer(1)],
    inline(
      houses,
      houses.map((row) => 120 * at(row, 0) + 20_000 * at(row, 1)),
    ),
    mse(sgd(0.01), { steps: 200 }),
  ),
};

const readings = even(500, 4, 0, 1000);
const deepMixed: Published = {
  name: 'twelve-layers-on-raw-readings',
  source: stackoverflow(46995209),
  accepted: 'inputs are not scaled; tanh; too many layers of ten units',
  labels: [
    ['unscaled_inputs'],
    ['saturated_units', 'vanishing_gradient', 'dead_units', 'rank_collapse', 'poor_initialization'],
  ],
  half: 'develop',
  experiment: run(
    [4],
    [
      layer(10, 'tanh'),
      layer(90, 'tanh'),
      ...Array.from({ length: 9 }, () => layer(10, 'relu')),
      layer(1, 'sigmoid'),
    ],
    inline(
      readings,
      readings.map((row) => Number(at(row, 0) + at(row, 1) > 1000)),
    ),
    bce(adam(0.001), { steps: 400 }),
  ),
};

const tickets: Published = {
  name: 'targets-not-scaled',
  source: stackoverflow(47932589),
  accepted: 'inputs and targets are not scaled',
  labels: [['unscaled_targets', 'unscaled_inputs']],
  half: 'judge',
  experiment: run(
    [3],
    [layer(16, 'relu'), layer(16, 'relu'), layer(1)],
    inline(
      hugeRegression,
      hugeRegression.map((row) => 40 * at(row, 0) + 10 * at(row, 2)),
    ),
    mse(adam(0.001), { steps: 300 }),
  ),
};

const melbourne: Published = {
  name: 'tanh-for-prices-of-a-million',
  source: 'https://github.com/ArabelaTso/DeepFD (kaggle-melbourne_properties)',
  accepted: 'tanh layers and targets of a million: the prediction does not get there',
  labels: [['unscaled_targets']],
  half: 'judge',
  experiment: run(
    [8],
    [layer(20, 'tanh'), layer(20, 'tanh'), layer(1)],
    inline(
      rows(400, 8),
      rows(400, 8).map((row) => 1e6 + 3e5 * at(row, 0) + 2e5 * at(row, 1)),
    ),
    mse(adam(0.001), { steps: 400 }),
  ),
};

const whole = Array.from({ length: 200 }, (_, i) => [i]);
const lineToNan: Published = {
  name: 'line-to-nan',
  source: keras(3040),
  accepted: 'the rate is too high (for inputs of up to 200)',
  labels: [['unscaled_inputs', 'update_ratio']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(1)],
    inline(
      whole,
      whole.map((row) => 2 * at(row, 0)),
    ),
    mse(sgd(0.001), { batch_size: 1, steps: 160 }),
  ),
};

export const scales: readonly Published[] = [
  fourthPower,
  bytes,
  packetsReport,
  census,
  housing,
  deepMixed,
  tickets,
  melbourne,
  lineToNan,
];
