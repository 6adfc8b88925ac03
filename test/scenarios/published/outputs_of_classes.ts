/** @file Outputs that cannot say which class it is. */
import { at, chance, rows } from '../numbers.ts';
import { adam, dense, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  digits,
  dropout,
  inline,
  iris,
  keras,
  layer,
  mse,
  nesterov,
  normal05,
  oneHot,
  type Published,
  pool,
  rmsprop,
  run,
  stackoverflow,
  uniform05,
  xor,
} from './parts.ts';

const tenClusters = clusters(600, 40, 10);
const linearOutputs: Published = {
  name: 'no-activation-at-all',
  source: stackoverflow(48385830),
  accepted:
    'activations are missing (sigmoid, softmax), squared error on classes; at a rate of 3 it explodes',
  labels: [['loss_output_mismatch', 'update_ratio'], ['update_ratio']],
  half: 'develop',
  experiment: run(
    [40],
    [
      dense(30, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } }),
      dense(10, 'linear', { kernel_initializer: { type: 'normal', stddev: 1 } }),
    ],
    inline(
      tenClusters.inputs,
      tenClusters.labels.map((label) => oneHot(label, 10)),
    ),
    mse(sgd(3), { batch_size: 10, steps: 300 }),
  ),
  twin: run(
    [40],
    [layer(30, 'relu'), layer(10, 'softmax')],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(adam(0.01), { steps: 300 }),
  ),
};

const xorSoftmax: Published = {
  name: 'xor-softmax-of-one-unit',
  source: stackoverflow(34311586),
  accepted: 'softmax of one unit; rate too low, too few epochs, all weights near 0',
  labels: [['loss_output_mismatch'], ['slow_convergence', 'update_ratio']],
  half: 'judge',
  experiment: run(
    [2],
    [dense(2, 'sigmoid', uniform05), dense(3, 'sigmoid', uniform05), dense(1, 'softmax', uniform05)],
    xor(),
    mse(nesterov(0.001, 0.9), { batch_size: 4, steps: 20 }),
  ),
};

const multilabelInputs = rows(1000, 20);
const multilabel: Published = {
  name: 'softmax-for-several-labels',
  source: stackoverflow(38648195),
  accepted: 'sigmoid and binary cross-entropy: a sample may have several labels',
  labels: [['loss_output_mismatch'], ['slow_convergence']],
  half: 'develop',
  experiment: run(
    [20],
    [layer(20, 'relu'), dropout(0.5), layer(20, 'relu'), dropout(0.5), layer(3, 'softmax')],
    inline(
      multilabelInputs,
      multilabelInputs.map((row) => [0, 1, 2].map((j) => Number(at(row, j) + at(row, j + 3) > -0.3))),
    ),
    mse(sgd(0.01), { batch_size: 20, steps: 600 }),
  ),
  twin: run(
    [20],
    [layer(32, 'relu'), layer(3, 'sigmoid')],
    inline(
      multilabelInputs,
      multilabelInputs.map((row) => [0, 1, 2].map((j) => Number(at(row, j) + at(row, j + 3) > -0.3))),
    ),
    bce(adam(0.01), { steps: 400 }),
  ),
};

const reluOnClasses: Published = {
  name: 'relu-before-cross-entropy',
  source: stackoverflow(47352366),
  accepted: 'ReLU at the output under a cross-entropy: softmax is missing',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [1, 8, 8],
    [
      conv(8, { bias_initializer: { type: 'constant', value: 0.1 } }),
      pool,
      conv(16),
      pool,
      { type: 'flatten' },
      layer(64, 'relu'),
      dropout(0.5),
      layer(10, 'relu'),
    ],
    digits(),
    cce(adam(0.001), { batch_size: 50, steps: 150 }),
  ),
  twin: run(
    [1, 8, 8],
    [
      conv(8),
      pool,
      conv(16),
      pool,
      { type: 'flatten' },
      layer(64, 'relu'),
      dropout(0.25),
      layer(10, 'softmax'),
    ],
    digits(),
    cce(adam(0.005), { batch_size: 50, steps: 300 }),
  ),
};

const sigmoidForThree: Published = {
  name: 'sigmoids-under-categorical-cross-entropy',
  source: stackoverflow(51930566),
  accepted: 'sigmoid at the output of three exclusive classes: softmax',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [4],
    [dense(4, 'relu', normal05), dense(3, 'sigmoid', normal05)],
    iris,
    cce(adam(0.001), { batch_size: 5, steps: 500 }),
  ),
};

const oneSigmoidForThree: Published = {
  name: 'one-sigmoid-for-three-classes',
  source: stackoverflow(50079585),
  accepted: 'three classes need three units, softmax and categorical cross-entropy',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [4],
    [layer(16, 'relu'), layer(1, 'sigmoid')],
    inline(
      clusters(300, 4, 3).inputs,
      clusters(300, 4, 3).labels.map((label) => [label]),
    ),
    mse(rmsprop(0.001), { steps: 300 }),
  ),
};

const softmaxTwice: Published = {
  name: 'softmax-into-cross-entropy-of-logits',
  source: 'https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814',
  accepted: 'softmax is applied before a loss that applies it itself',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run([64], [layer(64, 'relu'), layer(32, 'relu'), layer(10, 'softmax')], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.01, 0.9),
    steps: 300,
  }),
};

const sigmoidWords: Published = {
  name: 'sigmoids-for-one-of-many',
  source: keras(2711),
  accepted: 'sigmoid outputs under categorical cross-entropy; plain descent',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [40],
    [layer(30, 'sigmoid'), layer(10, 'sigmoid')],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(sgd(1), { batch_size: 100, steps: 200 }),
  ),
};

const noLastActivation: Published = {
  name: 'no-activation-before-cross-entropy',
  source: 'https://github.com/bonlime/keras-deeplab-v3-plus/issues/129',
  accepted: 'the last activation was left out: a cross-entropy on probabilities got unbounded numbers',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [40],
    [layer(32, 'relu'), layer(10)],
    inline(tenClusters.inputs, tenClusters.labels),
    cce(adam(0.001), { steps: 200 }),
  ),
};

const xorRelu: Published = {
  name: 'xor-with-relu-output',
  source: 'https://stats.stackexchange.com/questions/433365',
  accepted:
    'the first layer has no activation, the output is a ReLU under squared error: sigmoid and cross-entropy, more epochs',
  labels: [['dead_units', 'loss_output_mismatch', 'underfitting', 'slow_convergence']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(2), layer(2, 'relu'), layer(1, 'relu')],
    xor(),
    mse(sgd(0.01), { batch_size: 4, steps: 600 }),
  ),
};

const words = Array.from({ length: 600 }, (_, i) =>
  Array.from({ length: 12 }, (__, j) => Math.floor(30 * chance(i * 12 + j))),
);
const sentiment: Published = {
  name: 'softmax-of-one-unit-over-text',
  source: stackoverflow(42800203),
  accepted: 'softmax of one unit: sigmoid',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [12],
    [{ type: 'embedding', vocabulary: 30, dimensions: 8 }, { type: 'lstm', units: 8 }, layer(1, 'softmax')],
    inline(
      words,
      words.map((sentence) => Number(sentence.filter((word) => word < 15).length > 6)),
    ),
    bce(adam(0.001), { steps: 60 }),
    { dtype: 'token' },
  ),
};

const reluLogits: Published = {
  name: 'relu-before-cross-entropy-of-logits',
  source: stackoverflow(58050105),
  accepted: 'ReLU behind the last layer: logits cannot be negative',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: run(
    [1, 8, 8],
    [conv(8), pool, conv(16), pool, { type: 'flatten' }, layer(50, 'relu'), layer(10, 'relu')],
    digits(),
    { loss: 'softmax_cross_entropy', optimizer: adam(0.001), batch_size: 100, steps: 150 },
  ),
};

const reluAfterSigmoid: Published = {
  name: 'relu-after-sigmoid',
  source: 'https://www.kdnuggets.com/2018/03/relu-after-sigmoid-bad.html',
  accepted: 'ReLU behind a sigmoid layer, at the output: its units die',
  labels: [['loss_output_mismatch', 'dead_units']],
  half: 'develop',
  experiment: run([64], [layer(64, 'relu'), layer(32, 'sigmoid'), layer(10, 'relu')], digits(), {
    loss: 'softmax_cross_entropy',
    optimizer: sgd(0.01, 0.5),
    steps: 400,
  }),
};

export const outputsOfClasses: readonly Published[] = [
  linearOutputs,
  xorSoftmax,
  multilabel,
  reluOnClasses,
  sigmoidForThree,
  oneSigmoidForThree,
  softmaxTwice,
  sigmoidWords,
  noLastActivation,
  xorRelu,
  sentiment,
  reluLogits,
  reluAfterSigmoid,
];
