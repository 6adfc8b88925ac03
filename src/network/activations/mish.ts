/** @file Mish, a smooth non-monotone unit. */
import { defineActivation } from './activation.ts';

export const mish = defineActivation({
  type: 'mish',
  title: 'Mish',
  formula: 'x * tanh(softplus(x))',
  sources: ['Misra 2019, arXiv:1908.08681'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.mul(x, m.tanh(m.softplus(x))),
  pytorch: () => 'nn.Mish()',
  keras: () => 'layers.Activation("mish")',
});
