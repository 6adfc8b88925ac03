/** @file Outputs, losses and codes of two classes. */
import { at, even } from '../numbers.ts';
import { type Config, dense, sgd } from '../scenario.ts';
import {
  bce,
  dropout,
  inline,
  layer,
  mse,
  nesterov,
  normal05,
  type Published,
  rmsprop,
  run,
  stackoverflow,
  uniform05,
  xor,
} from './parts.ts';

const constants = Array.from({ length: 400 }, (_, i) => new Array<number>(16).fill(i % 2));
const softmaxOnConstants: Published = {
  name: 'softmax-of-one-unit-on-ones-and-zeros',
  source: stackoverflow(31880720),
  accepted: 'softmax of one unit: sigmoid',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [16],
    [layer(20, 'relu'), dropout(0.2), layer(20, 'relu'), dropout(0.2), layer(1, 'softmax')],
    inline(
      constants,
      constants.map((_, i) => i % 2),
    ),
    bce(rmsprop(0.001), { batch_size: 4, steps: 200 }),
  ),
};

const raw = even(300, 1, 0, 300);
const sigmoidThenSoftmax: Published = {
  name: 'one-sigmoid-unit-then-softmax',
  source: stackoverflow(45442843),
  accepted: 'softmax of one unit under absolute error; the input is not scaled',
  labels: [['loss_output_mismatch'], ['unscaled_inputs']],
  half: 'judge',
  experiment: run(
    [1],
    [layer(1, 'sigmoid'), dense(1, 'softmax', normal05)],
    inline(
      raw,
      raw.map((row) => [Number(at(row, 0) > 140)]),
    ),
    { loss: 'mean_absolute_error', optimizer: rmsprop(0.001), batch_size: 200, steps: 150 },
  ),
};

const pen = even(500, 16, 0, 100);
const twoSoftmaxUnits: Published = {
  name: 'two-softmax-units-under-squared-error',
  source: stackoverflow(34673164),
  accepted: 'the features are not standardized; squared error on classes',
  labels: [
    ['unscaled_inputs', 'loss_output_mismatch'],
    ['unscaled_inputs', 'loss_output_mismatch'],
  ],
  half: 'develop',
  experiment: run(
    [16],
    [
      dense(64, 'tanh', uniform05),
      dropout(0.5),
      dense(64, 'tanh', uniform05),
      dropout(0.5),
      dense(2, 'softmax', uniform05),
    ],
    inline(
      pen,
      pen.map((row) => {
        const label = Number(at(row, 0) + at(row, 3) > at(row, 5) + at(row, 9));
        return [1 - label, label];
      }),
    ),
    mse(nesterov(0.1, 0.9), { batch_size: 16, steps: 400 }),
  ),
};

const positive: Config = { kernel_initializer: { type: 'uniform', min: 0, max: 1 } };
const xnor: Published = {
  name: 'xnor-from-positive-weights',
  source: 'https://discuss.pytorch.org/t/simple-linear-sigmoid-network-not-learning/98714',
  accepted:
    'more steps and other rates or an optimizer with momentum; no sigmoid, and a cross-entropy of logits',
  labels: [['slow_convergence', 'loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [2],
    [dense(4, 'sigmoid', positive), dense(1, 'sigmoid', positive)],
    xor([1, 0, 0, 1]),
    mse(sgd(0.01), { batch_size: 1, steps: 4000 }),
  ),
};

export const outputsOfTwoClasses: readonly Published[] = [
  softmaxOnConstants,
  sigmoidThenSoftmax,
  twoSoftmaxUnits,
  xnor,
];
