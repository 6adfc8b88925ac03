/** @file The Gaussian error linear unit, exact or by tanh. */
import { z } from 'zod';
import { defineActivation } from './activation.ts';

export const gelu = defineActivation({
  type: 'gelu',
  title: 'Gaussian error linear unit',
  formula: 'x * Φ(x) = x / 2 * (1 + erf(x / √2))',
  sources: ['Hendrycks & Gimpel 2016, arXiv:1606.08415'],
  options: { approximate: z.boolean().default(false).describe('Use the tanh approximation') },
  initializer: 'he_normal',
  apply: (m, x, { approximate }) => {
    const cdf = approximate
      ? m.tanh(
          m.mul(
            m.constant(Math.sqrt(2 / Math.PI)),
            m.add(x, m.mul(m.constant(0.044715), m.mul(x, m.mul(x, x)))),
          ),
        )
      : m.erf(m.mul(x, m.constant(Math.SQRT1_2)));
    return m.mul(m.mul(m.constant(0.5), x), m.add(m.constant(1), cdf));
  },
  pytorch: ({ approximate }) => (approximate ? 'nn.GELU(approximate="tanh")' : 'nn.GELU()'),
  keras: ({ approximate }) =>
    `layers.Activation(lambda x: keras.activations.gelu(x, approximate=${approximate ? 'True' : 'False'}))`,
});
