/** @file The sigmoid linear unit (Swish). */
import { defineActivation } from './activation.ts';

export const silu = defineActivation({
  type: 'silu',
  title: 'Sigmoid linear unit',
  synonyms: ['swish'],
  formula: 'x * sigmoid(x)',
  sources: ['Ramachandran et al. 2017, arXiv:1710.05941'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.mul(x, m.sigmoid(x)),
  pytorch: () => 'nn.SiLU()',
  keras: () => 'layers.Activation("silu")',
});
