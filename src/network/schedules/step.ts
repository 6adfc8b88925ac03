/** @file A drop every so many steps. */
import { z } from 'zod';
import { defineSchedule, ofStep, stretched } from './schedule.ts';

export const step = defineSchedule({
  type: 'step',
  title: 'Step decay',
  synonyms: ['step_lr', 'step_decay'],
  formula: 'gamma^⌊k / step_size⌋',
  sources: ['PyTorch, torch.optim.lr_scheduler.StepLR'],
  options: {
    step_size: z.int().min(1).max(1e9).default(100).describe('Steps between drops'),
    gamma: z.number().gt(0).max(10).default(0.1).describe('Factor of each drop'),
  },
  create: ({ step_size, gamma }) => ofStep((k) => gamma ** Math.floor(k / step_size)),
  stretch: (options, { steps }) => ({ ...options, step_size: stretched(options.step_size, steps) }),
  python: ({ step_size, gamma }, _, k) => ({ factor: `${gamma} ** (${k} // ${step_size})` }),
});
