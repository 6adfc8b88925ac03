/** @file The smooth rectifier; computed without overflow. */
import { defineActivation } from './activation.ts';

export const softplus = defineActivation({
  type: 'softplus',
  title: 'Softplus',
  formula: 'log(1 + exp(x))',
  sources: ['Dugas et al. 2001, Incorporating second-order functional knowledge'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.softplus(x),
  pytorch: () => 'nn.Softplus()',
  keras: () => 'layers.Activation("softplus")',
});
