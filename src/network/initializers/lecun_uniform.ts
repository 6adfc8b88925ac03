/** @file Uniform numbers of variance 1 / fan_in. */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const lecunUniform = defineInitializer({
  type: 'lecun_uniform',
  title: 'LeCun uniform',
  formula: 'Var(w) = 1 / fan_in',
  sources: ['LeCun et al. 1998, Efficient BackProp, section 4.6'],
  options: {},
  fill: (out, { fanIn }, random) => fillVariance(out, random, 1 / fanIn, 'uniform'),
  moments: ({ fanIn }) => ({ mean: 0, variance: 1 / fanIn }),
  pytorch: () => 'nn.init.kaiming_uniform_(w, nonlinearity="linear")',
  vector: (_options, { fanIn }) => torchVariance(1 / fanIn, 'uniform'),
  kerasVector: (_options, { fanIn }) => kerasVariance(1 / fanIn, 'uniform'),
  keras: () => '"lecun_uniform"',
});
