/** @file Half a cosine from 1 down to alpha. */
import { z } from 'zod';
import { defineSchedule, ofStep, stretched } from './schedule.ts';

export const cosine = defineSchedule({
  type: 'cosine',
  title: 'Cosine decay',
  synonyms: ['cosine_annealing', 'cosine_decay'],
  formula: 'alpha + (1 − alpha) (1 + cos(π min(k / decay_steps, 1))) / 2',
  sources: ['Loshchilov & Hutter 2017, arXiv:1608.03983'],
  options: {
    decay_steps: z
      .int()
      .min(1)
      .max(1e9)
      .nullable()
      .default(null)
      .describe('Length; null for the whole training'),
    alpha: z.number().min(0).max(1).default(0).describe('Factor at the end'),
  },
  create: ({ decay_steps, alpha }, { totalSteps }) => {
    const length = decay_steps ?? totalSteps;
    return ofStep((k) => alpha + (1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * Math.min(k / length, 1))));
  },
  stretch: (options, { steps }) => ({
    ...options,
    decay_steps: options.decay_steps === null ? null : stretched(options.decay_steps, steps),
  }),
  pin: (options, { totalSteps }) => ({ ...options, decay_steps: options.decay_steps ?? totalSteps }),
  python: ({ decay_steps, alpha }, { totalSteps }, k) => ({
    factor: `${alpha} + (1 - ${alpha}) * 0.5 * (1 + math.cos(math.pi * min(${k} / ${decay_steps ?? totalSteps}, 1)))`,
  }),
});
