/** @file Every time step several times. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { REPEATED_THEORY } from './up_sampling.ts';
import { checkSequence } from './window.ts';

export const upSampling1d = defineLayer({
  type: 'up_sampling1d',
  family: 'shape',
  title: 'Upsampling over time',
  formula: '[time, features] → [time·size, features]: every time step `size` times in a row',
  sources: ['Keras, keras.layers.UpSampling1D'],
  options: { size: z.int().min(1).max(64).default(2).describe('Copies of every time step') },
  build({ g }, x, { size }) {
    checkSequence(g, x);
    const [batch = 1, time = 1, features = 1] = x.shape;
    const apart = c.reshape(g, x, [batch, time, 1, features]);
    return c.reshape(g, c.expand(g, apart, [batch, time, size, features]), [batch, time * size, features]);
  },
  theory: REPEATED_THEORY,
  code: ({ size }) => ({
    pytorch: [`Expression(lambda x: x.repeat_interleave(${size}, 1))`],
    keras: [`layers.UpSampling1D(${size})`],
  }),
});
