/** @file Weights as they are drawn, activations, depth and width. */
import { at, even } from '../numbers.ts';
import { adam, type Config, dense, he, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  circles,
  clusters,
  digits,
  inline,
  layer,
  mse,
  normal05,
  oneHot,
  type Published,
  run,
  stackoverflow,
  trainer,
  umlaut,
  uniform05,
} from './parts.ts';

const codes = Array.from({ length: 256 }, (_, i) => Array.from({ length: 8 }, (__, bit) => (i >> bit) & 1));
const substitution: Published = {
  name: 'sigmoids-from-small-weights',
  source: stackoverflow(39217567),
  accepted: 'three sigmoid layers from small weights under plain gradient descent learn nothing: use ReLU',
  labels: [['vanishing_gradient', 'slow_convergence', 'poor_initialization']],
  half: 'develop',
  experiment: run(
    [8],
    [dense(8, 'sigmoid', normal05), dense(8, 'sigmoid', normal05), dense(8, 'sigmoid', normal05)],
    // The report had a random permutation; a rotation of the bits can be learned.
    inline(
      codes,
      codes.map((code) => code.map((_, j) => at(code, (j + 3) % 8))),
      { validation_split: 0 },
    ),
    mse(sgd(0.01), { batch_size: 50, steps: 1000 }),
  ),
};

const waves = Array.from({ length: 400 }, (_, i) => [i / 400]);
const fourRelus: Published = {
  name: 'sine-with-four-relus',
  source: stackoverflow(44716415),
  accepted: 'four ReLUs are too few, and some of them are dead from the start',
  labels: [['underfitting', 'dead_units', 'slow_convergence']],
  half: 'develop',
  experiment: run(
    [1],
    [dense(4, 'relu', uniform05), dense(1, 'linear', uniform05)],
    inline(
      waves,
      waves.map((row) => 0.5 + 0.5 * Math.sin(2 * Math.PI * at(row, 0))),
    ),
    mse(adam(0.001), { steps: 1000 }),
  ),
};

const zeros: Published = {
  name: 'all-weights-zero',
  source:
    'https://community.deeplearning.ai/t/week-1-programming-assignment-initialization-exercise-1-initialize-parameters-zeros/121049',
  accepted: 'all weights start at 0: with ReLU no gradient passes',
  labels: [['poor_initialization']],
  half: 'develop',
  experiment: run(
    [2],
    [
      dense(10, 'relu', { kernel_initializer: 'zeros' }),
      dense(5, 'relu', { kernel_initializer: 'zeros' }),
      dense(1, 'sigmoid', { kernel_initializer: 'zeros' }),
    ],
    { type: 'circles', samples: 300, noise: 0.05, factor: 0.8 },
    bce(sgd(0.01), { batch_size: 240, steps: 400 }),
  ),
};

const deepSigmoid: Published = {
  name: 'five-hidden-sigmoid-layers',
  source: 'http://neuralnetworksanddeeplearning.com/chap5.html',
  accepted: 'the gradient vanishes over sigmoid layers',
  labels: [['vanishing_gradient']],
  half: 'develop',
  experiment: run([64], [...Array.from({ length: 5 }, () => layer(30, 'sigmoid')), layer(10)], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.1),
    batch_size: 10,
    steps: 400,
  }),
};

const circleDead: Published = {
  name: 'circle-dying-relu',
  source: trainer,
  accepted: 'dying ReLU: biases far below 0',
  labels: [['dead_units']],
  half: 'develop',
  experiment: run(
    [2],
    [
      dense(16, 'relu', { ...he, bias_initializer: { type: 'constant', value: -5 } }),
      dense(16, 'relu', he),
      layer(1, 'sigmoid'),
    ],
    circles,
    bce(sgd(0.05), { steps: 300 }),
  ),
};

const circleExplode: Published = {
  name: 'circle-exploding',
  source: trainer,
  accepted: 'exploding gradient: weights far too large over many layers',
  labels: [['exploding_gradient', 'poor_initialization']],
  half: 'judge',
  experiment: run(
    [2],
    [
      ...Array.from({ length: 7 }, () =>
        dense(16, 'relu', { kernel_initializer: { type: 'normal', stddev: 1.5 } }),
      ),
      layer(1),
    ],
    circles,
    { loss: 'sigmoid_cross_entropy', optimizer: sgd(0.01), steps: 300 },
  ),
};

const noHiddenActivation: Published = {
  name: 'hidden-layers-without-activation',
  source: umlaut,
  accepted: 'activation functions are missing: the whole network is linear',
  labels: [['underfitting', 'loss_not_decreasing']],
  half: 'develop',
  experiment: run([2], [layer(64), layer(64), layer(1, 'sigmoid')], circles, bce(adam(0.01), { steps: 400 })),
  twin: run(
    [2],
    [layer(64, 'relu'), layer(64, 'relu'), layer(1, 'sigmoid')],
    circles,
    bce(adam(0.01), { steps: 400 }),
  ),
};

const from0to1: Config = {
  kernel_initializer: { type: 'uniform', min: 0, max: 1 },
  bias_initializer: { type: 'uniform', min: 0, max: 1 },
};
const handwritten = clusters(500, 64, 10);
const allPositive: Published = {
  name: 'weights-between-0-and-1',
  source: 'https://stats.stackexchange.com/questions/286424',
  accepted: 'all weights start above 0: between -0.5 and 0.5 it learns',
  labels: [['poor_initialization', 'saturated_units']],
  half: 'develop',
  experiment: run(
    [64],
    [dense(15, 'sigmoid', from0to1), dense(10, 'sigmoid', from0to1)],
    inline(
      handwritten.inputs.map((row) => row.map((x) => Math.min(1, Math.abs(x) / 2))),
      handwritten.labels.map((label) => oneHot(label, 10)),
    ),
    mse(sgd(0.5), { batch_size: 4, steps: 1000 }),
  ),
};

const zeroSoftmaxes: Published = {
  name: 'zeros-behind-a-softmax',
  source: 'http://pullrequest.ru/11818227/neironnaya-set-odnim-skrytym-sloem-mozhet-byt-obuchena',
  accepted: 'all weights start at 0; softmax in the hidden layer',
  labels: [['poor_initialization'], ['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [64],
    [
      dense(10, 'softmax', { kernel_initializer: 'zeros' }),
      dense(10, 'softmax', { kernel_initializer: 'zeros' }),
    ],
    digits(),
    cce(sgd(0.5), { batch_size: 100, steps: 300 }),
  ),
};

const factors = even(600, 2);
const linearProduct: Published = {
  name: 'products-without-activation',
  source: 'https://datascience.stackexchange.com/questions/60170',
  accepted: 'no layer has an activation: the network is linear, and a product is not',
  labels: [['underfitting', 'loss_not_decreasing']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(20), layer(100), layer(20), layer(1)],
    inline(
      factors,
      factors.map((row) => at(row, 0) * at(row, 1)),
    ),
    mse(adam(0.001), { batch_size: 100, steps: 500 }),
  ),
};

const positivePairs = even(300, 2);
const oneDeadUnit: Published = {
  name: 'one-relu-unit-below-zero',
  source: 'https://stats.stackexchange.com/questions/450100',
  accepted: 'both weights of the only unit start below 0, and all inputs lie above: it is dead',
  labels: [['dead_units']],
  half: 'judge',
  experiment: run(
    [2],
    [
      dense(1, 'relu', { kernel_initializer: { type: 'uniform', min: -0.05, max: -0.001 } }),
      dense(1, 'sigmoid', uniform05),
    ],
    inline(
      positivePairs,
      positivePairs.map((row) => Number(at(row, 0) + at(row, 1) > 1)),
    ),
    bce(sgd(0.1), { steps: 400 }),
  ),
};

const sumOfFive: Published = {
  name: 'sum-of-five-with-two-relus',
  source: 'https://ai.stackexchange.com/questions/28864',
  accepted: 'both ReLUs died, and the output is its bias',
  labels: [['dead_units', 'update_ratio']],
  half: 'judge',
  experiment: run(
    [5],
    [
      dense(2, 'relu', { kernel_initializer: { type: 'normal', stddev: 1 } }),
      dense(1, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } }),
    ],
    inline(
      [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 6],
      ],
      [[15], [16]],
      { validation_split: 0 },
    ),
    mse(sgd(0.01), { batch_size: 1, steps: 2000 }),
  ),
};

export const networks: readonly Published[] = [
  substitution,
  fourRelus,
  zeros,
  deepSigmoid,
  circleDead,
  circleExplode,
  noHiddenActivation,
  allPositive,
  zeroSoftmaxes,
  linearProduct,
  oneDeadUnit,
  sumOfFive,
];
