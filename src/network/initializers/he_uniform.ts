/** @file Uniform numbers of variance 2 / fan_in. */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const heUniform = defineInitializer({
  type: 'he_uniform',
  title: 'He (Kaiming) uniform',
  synonyms: ['kaiming_uniform'],
  formula: 'Var(w) = 2 / fan_in',
  sources: ['He et al. 2015, arXiv:1502.01852, equation 10'],
  options: {},
  fill: (out, { fanIn }, random) => fillVariance(out, random, 2 / fanIn, 'uniform'),
  moments: ({ fanIn }) => ({ mean: 0, variance: 2 / fanIn }),
  pytorch: () => 'nn.init.kaiming_uniform_(w, nonlinearity="relu")',
  vector: (_options, { fanIn }) => torchVariance(2 / fanIn, 'uniform'),
  kerasVector: (_options, { fanIn }) => kerasVariance(2 / fanIn, 'uniform'),
  keras: () => '"he_uniform"',
});
