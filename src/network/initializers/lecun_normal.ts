/** @file Truncated normal (as in Keras) numbers of variance 1 / fan_in. */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const lecunNormal = defineInitializer({
  type: 'lecun_normal',
  title: 'LeCun normal',
  synonyms: ['lecun'],
  formula: 'Var(w) = 1 / fan_in',
  sources: ['LeCun et al. 1998, Efficient BackProp, section 4.6'],
  options: {},
  fill: (out, { fanIn }, random) => fillVariance(out, random, 1 / fanIn, 'truncated_normal'),
  moments: ({ fanIn }) => ({ mean: 0, variance: 1 / fanIn }),
  pytorch: () => 'nn.init.kaiming_normal_(w, nonlinearity="linear")',
  vector: (_options, { fanIn }) => torchVariance(1 / fanIn, 'truncated_normal'),
  kerasVector: (_options, { fanIn }) => kerasVariance(1 / fanIn, 'truncated_normal'),
  keras: () => '"lecun_normal"',
});
