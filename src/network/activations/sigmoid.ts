/** @file The logistic function; its slope is at most 1/4, so stacks of it shrink gradients. */
import { defineActivation } from './activation.ts';

export const sigmoid = defineActivation({
  type: 'sigmoid',
  title: 'Sigmoid',
  synonyms: ['logistic'],
  formula: '1 / (1 + exp(-x))',
  sources: [
    'Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks',
  ],
  options: {},
  initializer: 'glorot_uniform',
  apply: (m, x) => m.sigmoid(x),
  pytorch: () => 'nn.Sigmoid()',
  keras: () => 'layers.Activation("sigmoid")',
});
