/** @file Softmax over the features (the channels of images). */
import { calculus as c } from '../../graph/index.ts';
import { defineAxisActivation } from './activation.ts';

export const softmax = defineAxisActivation({
  type: 'softmax',
  title: 'Softmax',
  synonyms: ['softargmax'],
  formula: 'exp(x_i) / Σ_j exp(x_j)',
  sources: ['Bridle 1990, Probabilistic interpretation of feedforward classification network outputs'],
  options: {},
  initializer: 'glorot_uniform',
  build: (g, x, axis) => c.softmax(g, x, axis),
  evaluate(inputs) {
    // Subtracting the largest input keeps exp from overflowing and changes nothing else.
    const largest = Math.max(...inputs);
    const powers = inputs.map((x) => Math.exp(x - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    const values = powers.map((power) => power / sum);
    return { values, derivatives: values.map((value) => value * (1 - value)) };
  },
  pytorch: (_options, _features, axes) => `nn.Softmax(dim=${axes >= 3 ? -3 : -1})`,
  keras: () => 'layers.Activation("softmax")',
});
