/** @file Independent uniform numbers. */
import { z } from 'zod';
import { fillUniform } from './distributions.ts';
import { defineInitializer } from './initializer.ts';

export const uniform = defineInitializer({
  type: 'uniform',
  title: 'Uniform',
  synonyms: ['random_uniform'],
  formula: 'w ~ U(min, max)',
  sources: ['Keras, keras.initializers.RandomUniform'],
  options: {
    min: z.number().min(-1e6).max(1e6).default(-0.05).describe('Lower end'),
    max: z.number().min(-1e6).max(1e6).default(0.05).describe('Upper end'),
  },
  fill: (out, _target, random, { min, max }) => fillUniform(out, random, min, max),
  moments: (_target, { min, max }) => ({ mean: (min + max) / 2, variance: (max - min) ** 2 / 12 }),
  pytorch: ({ min, max }) => `nn.init.uniform_(w, ${min}, ${max})`,
  keras: ({ min, max }) => `keras.initializers.RandomUniform(${min}, ${max})`,
});
