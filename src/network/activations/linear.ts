/** @file The identity. */
import { defineActivation } from './activation.ts';

export const linear = defineActivation({
  type: 'linear',
  title: 'Linear',
  synonyms: ['identity', 'none'],
  formula: 'x',
  sources: ['Keras, keras.activations.linear'],
  options: {},
  initializer: 'lecun_normal',
  apply: (_m, x) => x,
  pytorch: () => 'nn.Identity()',
  keras: () => 'layers.Activation("linear")',
});
