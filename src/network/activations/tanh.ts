/** @file The hyperbolic tangent. */
import { defineActivation } from './activation.ts';

export const tanh = defineActivation({
  type: 'tanh',
  title: 'Hyperbolic tangent',
  formula: 'tanh(x)',
  sources: [
    'Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks',
  ],
  options: {},
  initializer: 'glorot_uniform',
  apply: (m, x) => m.tanh(x),
  pytorch: () => 'nn.Tanh()',
  keras: () => 'layers.Activation("tanh")',
});
