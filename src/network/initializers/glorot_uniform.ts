/** @file Uniform numbers of variance 2 / (fan_in + fan_out). */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const glorotUniform = defineInitializer({
  type: 'glorot_uniform',
  title: 'Glorot (Xavier) uniform',
  synonyms: ['xavier_uniform', 'xavier'],
  formula: 'Var(w) = 2 / (fan_in + fan_out)',
  sources: ['Glorot & Bengio 2010, equation 16'],
  options: {},
  fill: (out, { fanIn, fanOut }, random) => fillVariance(out, random, 2 / (fanIn + fanOut), 'uniform'),
  moments: ({ fanIn, fanOut }) => ({ mean: 0, variance: 2 / (fanIn + fanOut) }),
  pytorch: () => 'nn.init.xavier_uniform_(w)',
  vector: (_options, { fanIn, fanOut }) => torchVariance(2 / (fanIn + fanOut), 'uniform'),
  kerasVector: (_options, { fanIn, fanOut }) => kerasVariance(2 / (fanIn + fanOut), 'uniform'),
  keras: () => '"glorot_uniform"',
});
