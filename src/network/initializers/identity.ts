/** @file The identity matrix, cut or padded with zeros. */
import { z } from 'zod';
import { defineInitializer } from './initializer.ts';

export const identity = defineInitializer({
  type: 'identity',
  title: 'Identity',
  formula: 'w_ij = gain if i = j, else 0',
  sources: ['Le et al. 2015, arXiv:1504.00941'],
  options: { gain: z.number().min(-1e6).max(1e6).default(1).describe('Value on the diagonal') },
  fill: (out, { shape }, _random, { gain }) => {
    const columns = shape.at(-1) ?? 1;
    out.fill(0);
    for (let i = 0; i < Math.min(columns, out.length / columns); i++) out[i * columns + i] = gain;
  },
  pytorch: ({ gain }) => (gain === 1 ? 'nn.init.eye_(w)' : `nn.init.eye_(w).mul_(${gain})`),
  keras: ({ gain }) => `keras.initializers.Identity(${gain})`,
});
