/** @file Independent normal numbers. */
import { z } from 'zod';
import { fillNormal } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const normal = defineInitializer({
  type: 'normal',
  title: 'Normal',
  synonyms: ['random_normal', 'gaussian'],
  formula: 'w ~ N(mean, stddev²)',
  sources: ['Keras, keras.initializers.RandomNormal'],
  options: {
    mean: z.number().min(-1e6).max(1e6).default(0).describe('Mean'),
    stddev: z.number().min(0).max(1e6).default(0.05).describe('Standard deviation'),
  },
  fill: (out, _target, random, { mean, stddev }) => fillNormal(out, random, mean, stddev),
  moments: (_target, { mean, stddev }) => ({ mean, variance: stddev ** 2 }),
  pytorch: ({ mean, stddev }) => `nn.init.normal_(w, ${mean}, ${stddev})`,
  keras: ({ mean, stddev }) => `keras.initializers.RandomNormal(${mean}, ${stddev})`,
});
