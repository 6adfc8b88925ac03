/** @file All zeros. */
import { defineInitializer } from './initializer.ts';

export const zeros = defineInitializer({
  type: 'zeros',
  title: 'Zeros',
  synonyms: ['zero'],
  formula: 'w = 0',
  sources: ['Keras, keras.initializers.Zeros'],
  options: {},
  fill: (out) => void out.fill(0),
  moments: () => ({ mean: 0, variance: 0 }),
  pytorch: () => 'nn.init.zeros_(w)',
  keras: () => '"zeros"',
});
