/** @file Another order of the axes. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer, MAX_AXES } from './layer.ts';

export const permute = defineLayer({
  type: 'permute',
  family: 'shape',
  title: 'Permute',
  synonyms: ['transpose'],
  formula: 'the axes in another order: axis i of the output is axis dims[i] of the input, counted from 1',
  sources: ['Keras, keras.layers.Permute'],
  options: {
    dims: list(z.int().min(1).max(MAX_AXES))
      .min(1)
      .max(MAX_AXES)
      .refine((dims) => new Set(dims).size === dims.length && Math.max(...dims) === dims.length, {
        message: 'has to hold each axis once, counted from 1',
        params: { fix: 'for sequences [2, 1], for images an order of 1, 2, 3' },
      })
      .describe(
        'The new order of the axes, each once, counted from 1 without the batch: [2, 1] swaps time and features',
      ),
  },
  inert: () => true,
  build({ g }, x, { dims }) {
    if (dims.length !== x.shape.length - 1)
      g.refuse(`dims [${dims.join(', ')}] do not fit [${x.shape.slice(1).join(', ')}]`);
    return c.transpose(g, x, [0, ...dims]);
  },
  theory: (input, _surroundings, { dims }) =>
    identity(
      input,
      dims.map((axis) => input.shape[axis - 1] ?? 1),
    ),
  code: ({ dims }) => ({
    pytorch: [`Expression(lambda x: x.permute(0, ${dims.join(', ')}))`],
    keras: [`layers.Permute((${dims.join(', ')},))`],
  }),
});
