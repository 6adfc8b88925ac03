/** @file The same rate throughout. */

import { defineSchedule, ofStep } from './schedule.ts';

export const constant = defineSchedule({
  type: 'constant',
  title: 'Constant',
  formula: '1',
  sources: [],
  options: {},
  create: () => ofStep(() => 1),
});
