/** @file Random numbers whose variance is scaled by a fan. */
import { z } from 'zod';
import { fillVariance, kerasVariance, torchVariance } from './distributions.ts';
import { defineInitializer, type Target } from './initializer.ts';

const fanOf = ({ fanIn, fanOut }: Target, mode: 'fan_in' | 'fan_out' | 'fan_avg'): number =>
  ({ fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 })[mode];

export const varianceScaling = defineInitializer({
  type: 'variance_scaling',
  title: 'Variance scaling',
  formula: 'Var(w) = scale / fan',
  sources: ['Keras, keras.initializers.VarianceScaling'],
  options: {
    scale: z.number().gt(0).max(1e6).default(1).describe('Numerator of the variance'),
    mode: z.enum(['fan_in', 'fan_out', 'fan_avg']).default('fan_in').describe('Denominator of the variance'),
    distribution: z
      .enum(['truncated_normal', 'normal', 'uniform'])
      .default('truncated_normal')
      .describe('Form'),
  },
  fill: (out, target, random, { scale, mode, distribution }) =>
    fillVariance(out, random, scale / fanOf(target, mode), distribution),
  moments: (target, { scale, mode }) => ({ mean: 0, variance: scale / fanOf(target, mode) }),
  pytorch: ({ scale, mode, distribution }, target) =>
    torchVariance(scale / fanOf(target, mode), distribution),
  kerasVector: ({ scale, mode, distribution }, target) =>
    kerasVariance(scale / fanOf(target, mode), distribution),
  keras: ({ scale, mode, distribution }) =>
    `keras.initializers.VarianceScaling(${scale}, "${mode}", "${distribution === 'normal' ? 'untruncated_normal' : distribution}")`,
});
