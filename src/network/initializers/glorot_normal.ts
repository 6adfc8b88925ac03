/** @file Truncated normal (as in Keras) numbers of variance 2 / (fan_in + fan_out). */
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const glorotNormal = defineInitializer({
  type: 'glorot_normal',
  title: 'Glorot (Xavier) normal',
  synonyms: ['xavier_normal'],
  formula: 'Var(w) = 2 / (fan_in + fan_out)',
  sources: ['Glorot & Bengio 2010, equation 16'],
  options: {},
  fill: (out, { fanIn, fanOut }, random) =>
    fillVariance(out, random, 2 / (fanIn + fanOut), 'truncated_normal'),
  moments: ({ fanIn, fanOut }) => ({ mean: 0, variance: 2 / (fanIn + fanOut) }),
  pytorch: () => 'nn.init.xavier_normal_(w)',
  vector: (_options, { fanIn, fanOut }) => torchVariance(2 / (fanIn + fanOut), 'truncated_normal'),
  kerasVector: (_options, { fanIn, fanOut }) => kerasVariance(2 / (fanIn + fanOut), 'truncated_normal'),
  keras: () => '"glorot_normal"',
});
