/** @file The piecewise quadratic Swish. */
import { defineActivation } from './activation.ts';

export const hardSwish = defineActivation({
  type: 'hard_swish',
  title: 'Hard Swish',
  synonyms: ['hard_silu'],
  formula: 'x * min(max(x + 3, 0), 6) / 6',
  sources: ['Howard et al. 2019, arXiv:1905.02244'],
  options: {},
  initializer: 'he_normal',
  apply: (m, x) => m.mul(x, m.div(m.min(m.relu(m.add(x, m.constant(3))), m.constant(6)), m.constant(6))),
  pytorch: () => 'nn.Hardswish()',
  keras: () => 'layers.Activation("hard_swish")',
});
