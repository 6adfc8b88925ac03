/** @file Outputs that cannot give the values asked for. */
import { at, bell, even, rows } from '../numbers.ts';
import { adam, dense, sgd } from '../scenario.ts';
import {
  dropout,
  hugeRegression,
  inline,
  keras,
  layer,
  mse,
  nesterov,
  type Published,
  rmsprop,
  run,
  stackoverflow,
  uniform05,
} from './parts.ts';

const softmaxOfOneUnit: Published = {
  name: 'softmax-of-one-unit-for-values',
  source: stackoverflow(33969059),
  accepted: 'softmax of one unit: end with a linear layer',
  labels: [['loss_output_mismatch'], ['unscaled_inputs']],
  half: 'develop',
  experiment: run(
    [3],
    [
      dense(3, 'tanh', uniform05),
      dropout(0.5),
      dense(2, 'tanh', uniform05),
      dropout(0.5),
      dense(1, 'softmax', uniform05),
    ],
    inline(
      hugeRegression,
      hugeRegression.map((row) => 2 * at(row, 0) + at(row, 1) + at(row, 2) / 2 + 2.2),
    ),
    mse(nesterov(0.1, 0.9), { steps: 300 }),
  ),
};

const lineInputs = even(200, 1, 0, 10);
const sigmoidOnLine: Published = {
  name: 'sigmoid-output-on-a-line',
  source: stackoverflow(48221692),
  accepted: 'sigmoid at the output of a regression: end with a linear layer',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [1],
    [layer(5, 'sigmoid'), layer(1, 'sigmoid')],
    inline(
      lineInputs,
      lineInputs.map((row, i) => 3 * at(row, 0) + 20 + bell(i)),
    ),
    mse(sgd(0.01), { batch_size: 160, steps: 500 }),
  ),
};

const returns = rows(400, 2);
const reluOnReturns: Published = {
  name: 'relu-output-for-returns',
  source: stackoverflow(48251943),
  accepted: 'ReLU at the output cannot give negative numbers: all predictions are equal. Use tanh or none',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [2],
    [layer(4, 'relu'), layer(1, 'relu')],
    inline(
      returns,
      returns.map((row) => 0.4 * at(row, 0) - 0.3 * at(row, 1) - 0.1),
    ),
    mse(sgd(0.01), { batch_size: 10, steps: 600 }),
  ),
};

const signals = rows(500, 6).map((row) => row.map((x) => Math.tanh(x)));
const autoencoder: Published = {
  name: 'autoencoder-of-signed-numbers',
  source: stackoverflow(42514960),
  accepted: 'the data go from −1 to 1: tanh, not sigmoid, at the output',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [6],
    [layer(12, 'relu'), layer(12, 'relu'), layer(4, 'relu'), layer(12, 'relu'), layer(6, 'sigmoid')],
    inline(signals, 'inputs'),
    mse(adam(0.001), { steps: 400 }),
  ),
};

const saw = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 8 }, (__, t) => [((i + t) % 10) + 1, 10 - ((i + t) % 10)]),
);
const softmaxForValues: Published = {
  name: 'lstm-with-softmax-for-values',
  source: keras(321),
  accepted: 'softmax gives numbers between 0 and 1, the sequence goes from 1 to 10',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [8, 2],
    [{ type: 'lstm', units: 16 }, layer(2, 'softmax')],
    inline(
      saw,
      saw.map((_, i) => [((i + 8) % 10) + 1, 10 - ((i + 8) % 10)]),
    ),
    mse(rmsprop(0.001), { steps: 60 }),
  ),
};

const sineRelu: Published = {
  name: 'sine-with-relu-output',
  source: 'https://datascience.stackexchange.com/questions/28191',
  accepted: 'a ReLU at the output cannot be negative; a first layer of one unit',
  labels: [['loss_output_mismatch'], ['unscaled_inputs', 'underfitting']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1, 'relu'), layer(100, 'relu'), layer(1, 'relu')],
    inline(
      even(600, 1, 0, 314),
      even(600, 1, 0, 314).map((row) => Math.sin(at(row, 0))),
    ),
    mse(sgd(0.01), { steps: 400 }),
  ),
};

const walk = rows(300, 20).map((row) => row.map((x) => [x]));
const reluLstm: Published = {
  name: 'relu-lstm-predicts-zero',
  source: keras(3687),
  accepted: 'ReLU in the LSTM and at the output, and a momentum of 0.99: all predictions are 0',
  labels: [['dead_units', 'loss_output_mismatch', 'update_ratio', 'exploding_gradient']],
  half: 'judge',
  experiment: run(
    [20, 1],
    [
      { type: 'lstm', units: 24, activation: 'relu', return_sequences: true },
      { type: 'lstm', units: 12, activation: 'relu' },
      layer(1, 'relu'),
    ],
    inline(
      walk,
      walk.map((series) => 4 + series.slice(0, 4).reduce((sum, step) => sum + at(step, 0), 0)),
    ),
    mse(nesterov(0.01, 0.99), { steps: 60 }),
  ),
};

const same = Array.from({ length: 60 }, () => [1, 2, 3]);
const one23: Published = {
  name: 'autoencoder-of-1-2-3',
  source: stackoverflow(44601367),
  accepted: 'sigmoid gives numbers between 0 and 1: it cannot give 2 or 3',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [3],
    [layer(3, 'relu'), layer(3, 'sigmoid')],
    inline(same, 'inputs'),
    mse(adam(0.01), { batch_size: 4, steps: 400 }),
  ),
};

export const outputsOfValues: readonly Published[] = [
  softmaxOfOneUnit,
  sigmoidOnLine,
  reluOnReturns,
  autoencoder,
  softmaxForValues,
  sineRelu,
  reluLstm,
  one23,
];
