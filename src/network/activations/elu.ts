/** @file The exponential linear unit. */
import { z } from 'zod';
import { defineActivation } from './activation.ts';

export const elu = defineActivation({
  type: 'elu',
  title: 'Exponential linear unit',
  formula: 'x > 0 ? x : alpha * (exp(x) - 1)',
  sources: ['Clevert et al. 2016, arXiv:1511.07289'],
  options: { alpha: z.number().gt(0).max(100).default(1).describe('Scale for x ≤ 0') },
  initializer: 'he_normal',
  apply: (m, x, { alpha }) => {
    const positive = m.greater(x, m.constant(0));
    // Guarded: exp of a large positive x would be ∞ in the branch that is not taken.
    const exponential = m.exp(m.where(positive, m.constant(0), x));
    return m.where(positive, x, m.mul(m.constant(alpha), m.sub(exponential, m.constant(1))));
  },
  pytorch: ({ alpha }) => `nn.ELU(${alpha})`,
  keras: ({ alpha }) => `layers.ELU(alpha=${alpha})`,
});
