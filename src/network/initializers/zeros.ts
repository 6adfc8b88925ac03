/** @file All zeros. */
import { defineInitializer } from './initializer.ts';

export const zeros = defineInitializer({
  type: 'zeros',
  title: 'Zeros',
  formula: 'w = 0',
  sources: [],
  options: {},
  fill: (out) => void out.fill(0),
  pytorch: () => 'nn.init.zeros_(w)',
  keras: () => '"zeros"',
});
