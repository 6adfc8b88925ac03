/** @file A bounded unit with polynomial tails. */
import { defineActivation } from './activation.ts';

export const softsign = defineActivation({
  type: 'softsign',
  title: 'Softsign',
  formula: 'x / (1 + |x|)',
  sources: ['Bergstra et al. 2009, Quadratic polynomials learn better image features'],
  options: {},
  initializer: 'glorot_uniform',
  apply: (m, x) => m.div(x, m.add(m.constant(1), m.abs(x))),
  pytorch: () => 'nn.Softsign()',
  keras: () => 'layers.Activation("softsign")',
});
