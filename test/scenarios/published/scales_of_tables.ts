/** @file Tables, pixels and prices as they come. */
import { at, even, rows } from '../numbers.ts';
import { adam, dense, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  digits,
  inline,
  keras,
  layer,
  mse,
  nesterov,
  type Published,
  pool,
  run,
  stackoverflow,
  uniform05,
} from './parts.ts';

const columns = even(400, 3).map((row) => [500 * at(row, 0), 50 * at(row, 1), 5000 * at(row, 2)]);
const threeColumns: Published = {
  name: 'three-columns-as-they-come',
  source: stackoverflow(39525358),
  accepted: 'the features are not standardized',
  labels: [['unscaled_inputs']],
  half: 'develop',
  experiment: run(
    [3],
    [dense(12, 'relu', uniform05), dense(3, 'relu', uniform05), dense(1, 'sigmoid', uniform05)],
    inline(
      columns,
      columns.map((row) => Number(at(row, 0) / 500 + at(row, 1) / 50 > 1)),
    ),
    bce(adam(0.001), { batch_size: 4, steps: 800 }),
  ),
};

const customers = even(600, 10).map((row) => row.map((x, j) => x * at([1, 40, 3000, 90_000], j % 4)));
const sameClass: Published = {
  name: 'always-the-same-class',
  source: keras(2975),
  accepted: 'the features are not standardized',
  labels: [['unscaled_inputs']],
  half: 'judge',
  experiment: run(
    [10],
    [dense(64, 'prelu'), dense(32, 'prelu'), layer(1, 'sigmoid')],
    inline(
      customers,
      customers.map((row) => Number(at(row, 0) + at(row, 1) / 40 + at(row, 4) > 1.5)),
    ),
    bce(adam(0.001), { steps: 300 }),
  ),
};

const rawPixels: Published = {
  name: 'convolutions-on-raw-pixels',
  source: 'http://pullrequest.ru/10248037/cnn-keras-shodyatsya-odnomu-tomu-zhe-znacheniy-nezavisimo-vvoda',
  accepted: 'the pixels are not normalized: updates are too large, and learning stops',
  labels: [['unscaled_inputs']],
  half: 'judge',
  experiment: run(
    [1, 8, 8],
    [conv(8), pool, conv(16), pool, { type: 'flatten' }, layer(32, 'relu'), layer(10, 'softmax')],
    digits(16),
    cce(sgd(0.01), { steps: 250 }),
  ),
};

const ames = rows(600, 10);
const prices: Published = {
  name: 'sales-prices-under-squared-error',
  source: 'https://github.com/rstudio-conf-2020/dl-keras-tf/issues/9',
  accepted: 'the targets reach 755,000, and are squared: take their logarithm',
  labels: [['unscaled_targets'], ['non_finite_values', 'update_ratio']],
  half: 'develop',
  experiment: run(
    [10],
    [layer(32, 'relu'), layer(32, 'relu'), layer(1)],
    inline(
      ames,
      ames.map((row) => Math.exp(12 + 0.3 * at(row, 0) + 0.2 * at(row, 1))),
    ),
    mse(sgd(0.1), { batch_size: 16, steps: 200 }),
  ),
};

const boston = rows(400, 13);
const rateForValues: Published = {
  name: 'values-at-a-rate-for-classes',
  source: 'https://github.com/keras-team/autokeras/pull/571',
  accepted: 'a rate of 0.025 makes the gradient explode under squared error: 0.001',
  labels: [['update_ratio', 'exploding_gradient']],
  half: 'judge',
  experiment: run(
    [13],
    [layer(64, 'relu'), layer(64, 'relu'), layer(64, 'relu'), layer(1)],
    inline(
      boston,
      boston.map((row) => 22 + 5 * at(row, 0) - 4 * at(row, 1) * at(row, 2)),
    ),
    mse(nesterov(0.025, 0.9), { steps: 300 }),
  ),
};

const four = clusters(400, 2, 4, 0.3);
const fourLayers = (learning_rate: number) =>
  run(
    [2],
    [
      ...Array.from({ length: 4 }, () =>
        dense(10, 'relu', { kernel_initializer: { type: 'normal', stddev: 1 } }),
      ),
      dense(4, 'softmax', { kernel_initializer: { type: 'normal', stddev: 1 } }),
    ],
    inline(
      four.inputs.map((row) => row.map((x) => 5 * x)),
      four.labels,
    ),
    cce(sgd(learning_rate), { steps: 300 }),
  );
const tooFastForFour: Published = {
  name: 'four-clusters-at-rate-0.5',
  source: 'https://stats.stackexchange.com/questions/420006',
  accepted: 'the rate is too high: units die, or the minimum is overshot',
  labels: [['update_ratio', 'dead_units', 'poor_initialization']],
  half: 'develop',
  experiment: fourLayers(0.5),
};

export const scalesOfTables: readonly Published[] = [
  threeColumns,
  sameClass,
  rawPixels,
  prices,
  rateForValues,
  tooFastForFour,
];
