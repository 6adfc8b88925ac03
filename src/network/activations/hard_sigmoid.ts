/** @file The piecewise linear sigmoid. */
import { defineActivation } from './activation.ts';

export const hardSigmoid = defineActivation({
  type: 'hard_sigmoid',
  title: 'Hard sigmoid',
  formula: 'min(max(x + 3, 0), 6) / 6',
  sources: ['Howard et al. 2019, arXiv:1905.02244'],
  options: {},
  initializer: 'glorot_uniform',
  apply: (m, x) => m.div(m.min(m.relu(m.add(x, m.constant(3))), m.constant(6)), m.constant(6)),
  pytorch: () => 'nn.Hardsigmoid()',
  keras: () => 'layers.Activation("hard_sigmoid")',
});
