/** @file Time steps that are padding. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { zeroMasked } from './masks.ts';

/** 0 where all numbers of a time step are `value`, else 1: [batch, time]. */
function maskOf(g: GraphBuilder, x: Tensor, value: number): Tensor {
  const [given, one, zero] = [value, 1, 0].map((number) => g.constant(number)) as [Tensor, Tensor, Tensor];
  const differs = c.where(g, c.greater(g, x, given), one, c.where(g, c.less(g, x, given), one, zero));
  const axes = x.shape.map((_, axis) => axis).slice(2);
  return c.where(g, c.greater(g, c.reduceSum(g, differs, axes), zero), one, zero);
}

export const masking = defineLayer({
  type: 'masking',
  family: 'shape',
  title: 'Masking of time steps',
  synonyms: ['mask'],
  formula:
    'a time step all of whose numbers are `value` is masked, and 0 from here on: recurrent layers, attention, pooling over ' +
    'time and losses of time steps leave it out, up to a layer that does not know of masks',
  sources: ['Keras, keras.layers.Masking'],
  options: {
    value: z
      .number()
      .default(0)
      .describe('The number that marks padding: a time step with only this number is padding'),
  },
  inert: () => true,
  // The time steps that an earlier mask has left out are left out here too: they are 0, or what a layer keeps there.
  mask: ({ g, inputs: [x] }, _output, { value }) => maskOf(g, x as Tensor, value),
  maskCode: ({ inputs: [x] }, { value }) => ({
    argument: null,
    gives: `(${x} != ${value}).flatten(2).any(2)`,
  }),
  build({ g }, x, { value }) {
    if (x.shape.length < 3)
      g.refuse(`takes sequences [time, features], not [${x.shape.slice(1).join(', ')}]`);
    return zeroMasked(g, x, maskOf(g, x, value));
  },
  theory: 'how many time steps are masked depends on the data',
  code: ({ value }) => ({
    pytorch: [`Masking(${value})`],
    keras: [`layers.Masking(mask_value=${value})`],
  }),
});
