/** @file Flattening. */

import { calculus as c, sizeOf } from '../../graph/index.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer } from './layer.ts';

export const flatten = defineLayer({
  type: 'flatten',
  family: 'shape',
  title: 'Flatten',
  formula: '[batch, a, b, …] → [batch, a·b·…], row-major (channels, height, width)',
  sources: ['Keras, keras.layers.Flatten', 'PyTorch, torch.nn.Flatten'],
  options: {},
  inert: () => true,
  build: ({ g }, x) => c.reshape(g, x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))]),
  theory: (input) => identity(input, [sizeOf(input.shape)]),
  code: () => ({ pytorch: ['nn.Flatten()'], keras: ['layers.Flatten()'] }),
});
