/** @file Networks of other kinds that learn: convolutions, recurrent layers, attention. */
import {
  adam,
  type Config,
  classifier,
  conv,
  dense,
  flatten,
  he,
  image,
  relu,
  repeat,
  residual,
  tasks,
} from '../scenario.ts';
import { act, dropout, healthy, norm } from './draft.ts';

const pool = { type: 'max_pool2d' };

const globalPool = { type: 'global_average_pool2d' };
const parity = {
  data: { type: 'parity', samples: 500, length: 3 },
  shape: [3, 1],
  loss: 'softmax_cross_entropy',
};
const adding = {
  data: { type: 'adding_problem', samples: 600, length: 8 },
  shape: [8, 2],
  loss: 'mean_squared_error',
};

export const images = [
  healthy(
    'conv/plain',
    'convolutional',
    classifier(image, [conv(8, 'relu', he), pool, conv(16, 'relu', he), flatten], adam(0.005), {
      steps: 200,
    }),
  ),
  healthy(
    'conv/batch-norm',
    'convolutional',
    classifier(
      image,
      [conv(8, 'linear'), norm, act('relu'), pool, conv(16, 'linear'), norm, act('relu'), globalPool],
      adam(0.01),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/tanh',
    'convolutional',
    classifier(image, [conv(8, 'tanh'), pool, conv(16, 'tanh'), flatten], adam(0.005), { steps: 200 }),
  ),
  healthy(
    'conv/strided',
    'convolutional',
    classifier(
      image,
      [conv(8, 'relu', { ...he, stride: 2 }), conv(16, 'relu', { ...he, stride: 2 }), flatten],
      adam(0.005),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/residual',
    'convolutional',
    classifier(
      image,
      [conv(12, 'relu', he), repeat(3, residual(conv(12, 'linear'), norm, act('relu'))), globalPool],
      adam(0.01),
      { steps: 200 },
    ),
  ),
  healthy(
    'conv/average-pool',
    'convolutional',
    classifier(image, [conv(8, 'gelu'), { type: 'average_pool2d' }, conv(16, 'gelu'), flatten], adam(0.005), {
      steps: 200,
    }),
  ),
  healthy(
    'conv/deep',
    'convolutional',
    classifier(image, [repeat(5, conv(8, 'relu', he)), flatten], adam(0.003), { steps: 200 }),
  ),
  healthy(
    'conv/dropout',
    'convolutional',
    classifier(
      image,
      [conv(16, 'relu', he), pool, dropout(0.3), flatten, relu(32), dropout(0.3)],
      adam(0.005),
      { steps: 250 },
    ),
  ),
  healthy(
    'conv1d/parity',
    'convolutional',
    classifier(
      { ...tasks.moons, ...parity },
      [{ type: 'conv1d', filters: 24, kernel_size: 3, activation: 'relu', ...he }, flatten, relu(24)],
      adam(0.01),
      { steps: 500 },
    ),
  ),
  healthy(
    'conv1d/adding',
    'convolutional',
    classifier(
      { ...tasks.sine, ...adding },
      [
        { type: 'conv1d', filters: 32, kernel_size: 3, padding: 'same', activation: 'relu', ...he },
        flatten,
        relu(32),
      ],
      adam(0.005),
      { steps: 500 },
    ),
  ),
];

const recurrent = (type: string, units: number, more: Config = {}): Config => ({ type, units, ...more });
export const sequences = [
  ...['simple_rnn', 'lstm', 'gru'].flatMap((type) => [
    healthy(
      `${type}/parity`,
      'recurrent',
      classifier({ ...tasks.moons, ...parity }, [recurrent(type, 24)], adam(0.02), { steps: 500 }),
    ),
    healthy(
      `${type}/adding`,
      'recurrent',
      classifier({ ...tasks.sine, ...adding }, [recurrent(type, 24)], adam(0.01), { steps: 800 }),
    ),
  ]),
  healthy(
    'lstm/two-layers',
    'recurrent',
    classifier(
      { ...tasks.moons, ...parity },
      [recurrent('lstm', 16, { return_sequences: true }), recurrent('lstm', 16)],
      adam(0.02),
      { steps: 500 },
    ),
  ),
  healthy(
    'gru/two-layers',
    'recurrent',
    classifier(
      { ...tasks.sine, ...adding },
      [recurrent('gru', 16, { return_sequences: true }), recurrent('gru', 16)],
      adam(0.01),
      { steps: 800 },
    ),
  ),
];

const attend = (causal = false): Config => ({ type: 'self_attention', heads: 2, causal });
const layerNorm = { type: 'layer_norm' };
const block = (units: number): Config[] => [
  residual(layerNorm, attend()),
  residual(layerNorm, dense(2 * units, 'gelu'), dense(units)),
];
export const transformers = [
  healthy(
    'transformer/adding',
    'attention',
    classifier(
      { ...tasks.sine, ...adding },
      [
        dense(16),
        { type: 'positional_embedding', kind: 'sinusoidal' },
        ...block(16),
        { type: 'global_average_pool1d' },
      ],
      adam(0.005),
      { steps: 600 },
    ),
  ),
  healthy(
    'transformer/parity',
    'attention',
    classifier(
      { ...tasks.moons, ...parity },
      [dense(16), { type: 'positional_embedding' }, ...block(16), ...block(16), flatten],
      adam(0.005),
      { steps: 500 },
    ),
  ),
  healthy(
    'transformer/digits-rows',
    'attention',
    classifier(
      { ...tasks.digits, data: { type: 'digits', scale: 0.0625 }, shape: [8, 8] },
      [dense(24), { type: 'positional_embedding' }, ...block(24), { type: 'global_average_pool1d' }],
      adam(0.005),
      { steps: 300 },
    ),
  ),
  healthy(
    'transformer/digits-rows-deep',
    'attention',
    classifier(
      { ...tasks.digits, shape: [8, 8] },
      [
        dense(16),
        { type: 'positional_embedding' },
        ...block(16),
        ...block(16),
        ...block(16),
        layerNorm,
        { type: 'global_average_pool1d' },
      ],
      adam(0.003),
      { steps: 300 },
    ),
  ),
  healthy(
    'attention/parity-dense',
    'attention',
    classifier(
      { ...tasks.moons, ...parity },
      [dense(16), { type: 'positional_embedding' }, residual(attend()), flatten, relu(32)],
      adam(0.005),
      { steps: 500 },
    ),
  ),
  healthy(
    'attention/causal-adding',
    'attention',
    classifier(
      { ...tasks.sine, ...adding },
      [dense(16), { type: 'positional_embedding' }, residual(attend(true)), flatten, relu(32)],
      adam(0.005),
      { steps: 500 },
    ),
  ),
];
