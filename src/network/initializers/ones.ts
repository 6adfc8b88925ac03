/** @file All ones. */
import { defineInitializer } from './initializer.ts';

export const ones = defineInitializer({
  type: 'ones',
  title: 'Ones',
  synonyms: ['one'],
  formula: 'w = 1',
  sources: ['Keras, keras.initializers.Ones'],
  options: {},
  fill: (out) => void out.fill(1),
  moments: () => ({ mean: 1, variance: 0 }),
  pytorch: () => 'nn.init.ones_(w)',
  keras: () => '"ones"',
});
