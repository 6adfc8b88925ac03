/** @file A decay with the root of the step. */
import { z } from 'zod';
import { defineSchedule, ofStep, stretched } from './schedule.ts';

export const inverseSquareRoot = defineSchedule({
  type: 'inverse_square_root',
  title: 'Inverse square root decay',
  formula:
    '√(timescale/(k + timescale)); behind a warm-up of `timescale` steps that of the first transformers',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, equation 3', 'Zhai et al. 2022, arXiv:2106.04560'],
  options: {
    timescale: z.int().min(1).max(1e9).default(100).describe('Steps after which the rate has fallen to 1/√2'),
  },
  create: ({ timescale }) => ofStep((k) => Math.sqrt(timescale / (k + timescale))),
  stretch: (options, { steps }) => ({ ...options, timescale: stretched(options.timescale, steps) }),
  python: ({ timescale }, _, k) => ({ factor: `(${timescale} / (${k} + ${timescale})) ** 0.5` }),
});
