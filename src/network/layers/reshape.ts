/** @file Another shape for the same numbers. */

import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer, MAX_AXES } from './layer.ts';

export const reshape = defineLayer({
  type: 'reshape',
  family: 'shape',
  title: 'Reshape',
  synonyms: ['view'],
  formula: 'the same numbers, row-major, in another shape of the same size',
  sources: ['Keras, keras.layers.Reshape'],
  options: {
    shape: list(z.int().min(1).max(1_000_000)).min(1).max(MAX_AXES).describe('Without the batch'),
  },
  inert: () => true,
  build: ({ g }, x, { shape }) => c.reshape(g, x, [x.shape[0] ?? 1, ...shape]),
  theory: (input, _surroundings, { shape }) => identity(input, shape),
  code: ({ shape }) => ({
    pytorch: ['nn.Flatten()', `nn.Unflatten(1, (${shape.join(', ')},))`],
    keras: [`layers.Reshape((${shape.join(', ')},))`],
  }),
});
