/** @file Normal numbers, redrawn beyond two standard deviations. */
import { z } from 'zod';
import { fillTruncatedNormal, TRUNCATED_STDDEV } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const truncatedNormal = defineInitializer({
  type: 'truncated_normal',
  title: 'Truncated normal',
  formula: 'w ~ N(mean, stddev²) within mean ± 2 stddev',
  sources: ['Keras, keras.initializers.TruncatedNormal'],
  options: {
    mean: z.number().min(-1e6).max(1e6).default(0).describe('Mean'),
    stddev: z.number().min(0).max(1e6).default(0.05).describe('Standard deviation before truncation'),
  },
  fill: (out, _target, random, { mean, stddev }) => fillTruncatedNormal(out, random, mean, stddev),
  moments: (_target, { mean, stddev }) => ({ mean, variance: (TRUNCATED_STDDEV * stddev) ** 2 }),
  pytorch: ({ mean, stddev }) =>
    `nn.init.trunc_normal_(w, ${mean}, ${stddev}, ${mean - 2 * stddev}, ${mean + 2 * stddev})`,
  keras: ({ mean, stddev }) => `keras.initializers.TruncatedNormal(${mean}, ${stddev})`,
});
