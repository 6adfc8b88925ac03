/** @file The piecewise linear tanh. */
import { defineActivation } from './activation.ts';

export const hardTanh = defineActivation({
  type: 'hard_tanh',
  title: 'Hard tanh',
  formula: 'min(max(x, -1), 1)',
  sources: ['Collobert 2004, Large scale machine learning'],
  options: {},
  initializer: 'glorot_uniform',
  apply: (m, x) => m.min(m.max(x, m.constant(-1)), m.constant(1)),
  pytorch: () => 'nn.Hardtanh()',
  keras: () => 'layers.Activation("hard_tanh")',
});
