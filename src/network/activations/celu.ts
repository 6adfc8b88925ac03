/** @file The continuously differentiable exponential linear unit. */
import { z } from 'zod';
import { defineActivation } from './activation.ts';

export const celu = defineActivation({
  type: 'celu',
  title: 'CELU',
  formula: 'x > 0 ? x : alpha * (exp(x / alpha) - 1)',
  sources: ['Barron 2017, arXiv:1704.07483'],
  options: { alpha: z.number().gt(0).max(100).default(1).describe('Scale for x ≤ 0') },
  initializer: 'he_normal',
  apply: (m, x, { alpha }) => {
    const positive = m.greater(x, m.constant(0));
    const guarded = m.where(positive, m.constant(0), m.div(x, m.constant(alpha)));
    return m.where(positive, x, m.mul(m.constant(alpha), m.sub(m.exp(guarded), m.constant(1))));
  },
  pytorch: ({ alpha }) => `nn.CELU(${alpha})`,
  keras: ({ alpha }) => `layers.Activation(lambda x: keras.ops.celu(x, ${alpha}))`,
});
