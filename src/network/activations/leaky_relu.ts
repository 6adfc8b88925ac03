/** @file The rectifier with a small slope on the left. */
import { defineActivation, slopeOption } from './activation.ts';

export const leakyRelu = defineActivation({
  type: 'leaky_relu',
  title: 'Leaky ReLU',
  formula: 'x > 0 ? x : negative_slope * x',
  sources: ['Maas et al. 2013, Rectifier nonlinearities improve neural network acoustic models'],
  options: { negative_slope: slopeOption(0.01).describe('Slope for x ≤ 0') },
  initializer: 'he_normal',
  apply: (m, x, { negative_slope }) =>
    m.where(m.greater(x, m.constant(0)), x, m.mul(m.constant(negative_slope), x)),
  pytorch: ({ negative_slope }) => `nn.LeakyReLU(${negative_slope})`,
  keras: ({ negative_slope }) => `layers.LeakyReLU(negative_slope=${negative_slope})`,
});
