/** @file The same rate throughout. */

import { defineSchedule, ofStep } from './schedule.ts';

export const constant = defineSchedule({
  type: 'constant',
  title: 'Constant',
  formula: '1',
  sources: ['Robbins & Monro 1951, A stochastic approximation method'],
  options: {},
  create: () => ofStep(() => 1),
  stretch: (options) => options,
  python: () => ({ factor: '1' }),
});
