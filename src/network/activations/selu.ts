/** @file The scaled exponential linear unit: with lecun_normal kernels its outputs tend to mean 0 and variance 1. */
import { defineActivation } from './activation.ts';

/** The fixed point of Klambauer et al. 2017, equation 14. */
const SCALE = 1.0507009873554805;
const ALPHA = 1.6732632423543772;

export const selu = defineActivation({
  type: 'selu',
  title: 'Scaled exponential linear unit',
  formula: 'scale * (x > 0 ? x : alpha * (exp(x) - 1)), scale = 1.0507, alpha = 1.6733',
  sources: ['Klambauer et al. 2017, arXiv:1706.02515'],
  options: {},
  initializer: 'lecun_normal',
  apply: (m, x) => {
    const positive = m.greater(x, m.constant(0));
    const exponential = m.exp(m.where(positive, m.constant(0), x));
    const left = m.mul(m.constant(SCALE * ALPHA), m.sub(exponential, m.constant(1)));
    return m.where(positive, m.mul(m.constant(SCALE), x), left);
  },
  pytorch: () => 'nn.SELU()',
  keras: () => 'layers.Activation("selu")',
});
