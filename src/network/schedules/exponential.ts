/** @file A smooth exponential decay. */
import { z } from 'zod';
import { defineSchedule, ofStep, stretched } from './schedule.ts';

export const exponential = defineSchedule({
  type: 'exponential',
  title: 'Exponential decay',
  synonyms: ['exponential_decay', 'exponential_lr'],
  formula: 'decay_rate^(k / decay_steps)',
  sources: ['Keras, keras.optimizers.schedules.ExponentialDecay'],
  options: {
    decay_steps: z.int().min(1).max(1e9).default(100).describe('Steps for one factor of decay_rate'),
    decay_rate: z.number().gt(0).max(10).default(0.96).describe('Factor'),
  },
  create: ({ decay_steps, decay_rate }) => ofStep((k) => decay_rate ** (k / decay_steps)),
  stretch: (options, { steps }) => ({ ...options, decay_steps: stretched(options.decay_steps, steps) }),
  python: ({ decay_steps, decay_rate }, _, k) => ({ factor: `${decay_rate} ** (${k} / ${decay_steps})` }),
});
