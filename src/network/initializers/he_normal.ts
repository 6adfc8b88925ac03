/** @file Truncated normal (as in Keras) numbers of variance 2 / fan_in. */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const heNormal = defineInitializer({
  type: 'he_normal',
  title: 'He (Kaiming) normal',
  synonyms: ['kaiming_normal', 'kaiming', 'he'],
  formula: 'Var(w) = 2 / fan_in',
  sources: ['He et al. 2015, arXiv:1502.01852, equation 10'],
  options: {},
  fill: (out, { fanIn }, random) => fillVariance(out, random, 2 / fanIn, 'truncated_normal'),
  moments: ({ fanIn }) => ({ mean: 0, variance: 2 / fanIn }),
  pytorch: () => 'nn.init.kaiming_normal_(w, nonlinearity="relu")',
  vector: (_options, { fanIn }) => torchVariance(2 / fanIn, 'truncated_normal'),
  kerasVector: (_options, { fanIn }) => kerasVariance(2 / fanIn, 'truncated_normal'),
  keras: () => '"he_normal"',
});
