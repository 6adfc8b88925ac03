/** @file The same vector at every time step. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { REPEATED_THEORY } from './up_sampling.ts';

export const repeatVector = defineLayer({
  type: 'repeat_vector',
  family: 'shape',
  title: 'Repeat a vector',
  formula: '[features] → [n, features]',
  sources: ['Keras, keras.layers.RepeatVector'],
  options: { n: z.int().min(1).max(100_000).describe('Time steps') },
  inert: () => true,
  build({ g }, x, { n }) {
    if (x.shape.length !== 2) g.refuse(`takes vectors [features], not [${x.shape.slice(1).join(', ')}]`);
    const [batch = 1, features = 1] = x.shape;
    return c.expand(g, c.reshape(g, x, [batch, 1, features]), [batch, n, features]);
  },
  theory: REPEATED_THEORY,
  code: ({ n }) => ({
    pytorch: [`Expression(lambda x: x.unsqueeze(1).expand(-1, ${n}, -1))`],
    keras: [`layers.RepeatVector(${n})`],
  }),
});
