/** @file Max pooling over time. */
import { defineLayer } from './layer.ts';
import {
  largest,
  MAX_CODE,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
  timePoolingOptions,
} from './pooling.ts';
import { checkSequence, featuresFirst, swapTime } from './window.ts';

export const maxPool1d = defineLayer({
  type: 'max_pool1d',
  family: 'pooling',
  title: 'Max pooling over time',
  synonyms: ['max_pooling1d'],
  formula:
    'y[p, f] = max over the window at p·stride of x[·, f]; padding never wins. The gradient goes to the first of equal largest elements; x [time, features]',
  sources: ['Ranzato et al. 2007, Unsupervised learning of invariant feature hierarchies'],
  options: timePoolingOptions,
  build({ g }, x, options) {
    checkSequence(g, x);
    return swapTime(g, largest(g, swapTime(g, x), poolingWindow(options, 1)));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [time = 1] }) => featuresFirst(poolingCode(MAX_CODE, options, [time])),
});
