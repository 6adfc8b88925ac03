/** @file One value everywhere. */
import { z } from 'zod';
import { defineInitializer } from './initializer.ts';

export const constant = defineInitializer({
  type: 'constant',
  title: 'Constant',
  formula: 'w = value',
  sources: ['Keras, keras.initializers.Constant'],
  options: { value: z.number().min(-1e6).max(1e6).default(0).describe('The value') },
  fill: (out, _target, _random, { value }) => void out.fill(value),
  moments: (_target, { value }) => ({ mean: value, variance: 0 }),
  pytorch: ({ value }) => `nn.init.constant_(w, ${value})`,
  keras: ({ value }) => `keras.initializers.Constant(${value})`,
});
