/** @file Sick networks of other kinds: convolutions, recurrent layers, attention. */
import {
  adam,
  type Config,
  classifier,
  conv,
  dense,
  flatten,
  he,
  image,
  normal,
  repeat,
  residual,
  sgd,
  tasks,
} from '../scenario.ts';
import { firstLayers, sick, tooLong } from './draft.ts';

const { moons, digits, sine } = tasks;

const fewer = { steps: 150 };
export const images = [
  sick(
    'conv/sigmoid-8',
    'convolutional',
    'vanishing_gradient',
    firstLayers('conv2d'),
    classifier(image, [repeat(8, conv(6, 'sigmoid')), flatten], sgd(0.1), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/sigmoid-12',
    'convolutional',
    'vanishing_gradient',
    firstLayers('conv2d'),
    classifier(image, [repeat(12, conv(4, 'sigmoid')), flatten], sgd(0.1, 0.9), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/dead',
    'convolutional',
    'dead_units',
    ['conv2d_1', 'conv2d_2'],
    classifier(
      image,
      [repeat(2, conv(8, 'relu', { ...he, bias_initializer: { type: 'constant', value: -20 } })), flatten],
      adam(1e-3),
      fewer,
    ),
    classifier(image, [repeat(2, conv(8, 'relu', he)), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/dead-3',
    'convolutional',
    'dead_units',
    firstLayers('conv2d'),
    classifier(
      image,
      [repeat(3, conv(6, 'relu', { ...he, bias_initializer: { type: 'constant', value: -10 } })), flatten],
      sgd(0.01),
      fewer,
    ),
    classifier(image, [repeat(3, conv(6, 'relu', he)), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/exploding',
    'convolutional',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(image, [repeat(5, conv(8, 'relu', normal(1))), flatten], sgd(0.05), fewer),
    classifier(image, [repeat(5, conv(8, 'relu', he)), flatten], adam(0.003), fewer),
  ),
  sick(
    'conv/exploding-wide',
    'convolutional',
    ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
    null,
    classifier(image, [repeat(4, conv(16, 'relu', normal(0.8))), flatten], sgd(0.1), fewer),
    classifier(image, [repeat(4, conv(16, 'relu', he)), flatten], adam(0.003), fewer),
  ),
  sick(
    'conv/zeros',
    'convolutional',
    'poor_initialization',
    ['conv2d_1', 'conv2d_2'],
    classifier(
      image,
      [repeat(2, conv(8, 'tanh', { kernel_initializer: 'zeros' })), flatten],
      sgd(0.02),
      fewer,
    ),
    classifier(image, [repeat(2, conv(8, 'tanh')), flatten], adam(0.005), fewer),
  ),
  sick(
    'conv/fast',
    'convolutional',
    tooLong,
    null,
    classifier(image, [conv(8, 'relu', he), flatten], sgd(20, 0.9), fewer),
    classifier(image, [conv(8, 'relu', he), flatten], adam(0.005), fewer),
  ),
];

const adding = (length: number) => ({
  ...sine,
  data: { type: 'adding_problem', samples: 500, length },
  shape: [length, 2],
});
const parity = (length: number) => ({
  ...moons,
  data: { type: 'parity', samples: 400, length },
  shape: [length, 1],
});
const rnn = (units: number, stddev: number, more: Config = {}): Config => ({
  type: 'simple_rnn',
  units,
  recurrent_initializer: { type: 'normal', stddev },
  ...more,
});
const lstm = (units: number): Config => ({ type: 'lstm', units });
export const sequences = [
  ...(
    [
      [30, 0.1],
      [50, 0.1],
      [60, 0.15],
      [80, 0.1],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/vanishing-${length}`,
      'recurrent',
      'vanishing_gradient',
      ['simple_rnn_1'],
      classifier(adding(length), [rnn(16, stddev)], adam(0.003)),
      classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 800 }),
    ),
  ),
  ...(
    [
      [12, 0.1],
      [16, 0.1],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/vanishing-parity-${length}`,
      'recurrent',
      'vanishing_gradient',
      ['simple_rnn_1'],
      classifier(parity(length), [rnn(16, stddev)], sgd(0.05)),
      classifier(parity(3), [lstm(24)], adam(0.02), { steps: 500 }),
    ),
  ),
  ...(
    [
      [30, 1.2],
      [40, 1.5],
      [25, 2],
    ] as const
  ).map(([length, stddev]) =>
    sick(
      `rnn/exploding-${length}`,
      'recurrent',
      ['exploding_gradient', 'non_finite_values', 'poor_initialization'],
      null,
      classifier(adding(length), [rnn(24, stddev, { activation: 'relu' })], sgd(0.05)),
      classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 800 }),
    ),
  ),
  sick(
    'rnn/fast-lstm',
    'recurrent',
    tooLong,
    null,
    classifier(parity(3), [lstm(24)], adam(5)),
    classifier(parity(3), [lstm(24)], adam(0.02), { steps: 500 }),
  ),
  sick(
    'rnn/slow-gru',
    'recurrent',
    ['update_ratio', 'unchanged_parameters'],
    ['gru_1', 'dense_1'],
    classifier(parity(3), [{ type: 'gru', units: 24 }], sgd(1e-6)),
    classifier(parity(3), [{ type: 'gru', units: 24 }], adam(0.02), { steps: 500 }),
  ),
];

const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm = { type: 'layer_norm' };
const block = (units: number): Config[] => [
  residual(layerNorm, attend),
  residual(layerNorm, dense(2 * units, 'gelu'), dense(units)),
];
const rows = { ...digits, shape: [8, 8] };
const position = { type: 'positional_embedding' };
const mean = { type: 'global_average_pool1d' };
const healthyRows = classifier(rows, [dense(24), position, ...block(24), mean], adam(0.005), { steps: 300 });
export const transformers = [
  sick(
    'attention/fast',
    'attention',
    tooLong,
    null,
    classifier(rows, [dense(16), position, ...block(16), mean], adam(3), fewer),
    healthyRows,
  ),
  sick(
    'attention/fast-sgd',
    'attention',
    tooLong,
    null,
    classifier(rows, [dense(16), position, ...block(16), mean], sgd(30), fewer),
    healthyRows,
  ),
  sick(
    'attention/slow',
    'attention',
    ['update_ratio', 'unchanged_parameters'],
    ['dense_1', 'dense_2', 'self_attention_1'],
    classifier(rows, [dense(16), position, ...block(16), mean], sgd(1e-6), fewer),
    healthyRows,
  ),
  sick(
    'attention/collapse-12',
    'attention',
    ['rank_collapse', 'vanishing_gradient'],
    firstLayers('self_attention', 6),
    classifier(rows, [dense(16), position, repeat(12, attend), mean], adam(1e-3), fewer),
    healthyRows,
  ),
  sick(
    'attention/collapse-16',
    'attention',
    ['rank_collapse', 'vanishing_gradient'],
    firstLayers('self_attention', 10),
    classifier(rows, [dense(16), position, repeat(16, attend), mean], adam(1e-3), fewer),
    healthyRows,
  ),
  sick(
    'attention/sigmoid-stack',
    'attention',
    'vanishing_gradient',
    firstLayers('dense', 4),
    classifier(rows, [repeat(8, dense(16, 'sigmoid')), attend, mean], sgd(0.1), fewer),
    healthyRows,
  ),
];
