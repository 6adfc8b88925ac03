/** @file Average pooling over time. */
import { defineLayer } from './layer.ts';
import {
  AVERAGE_CODE,
  mean,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
  timePoolingOptions,
} from './pooling.ts';
import { checkSequence, featuresFirst, swapTime } from './window.ts';

export const averagePool1d = defineLayer({
  type: 'average_pool1d',
  family: 'pooling',
  title: 'Average pooling over time',
  synonyms: ['average_pooling1d', 'avg_pool1d'],
  formula:
    'y[p, f] = mean over the window at p·stride of x[·, f]; padding does not count; x [time, features]',
  sources: ['LeCun et al. 1998, Gradient-based learning applied to document recognition'],
  options: timePoolingOptions,
  build({ g }, x, options) {
    checkSequence(g, x);
    return swapTime(g, mean(g, swapTime(g, x), poolingWindow(options, 1)));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [time = 1] }) => featuresFirst(poolingCode(AVERAGE_CODE, options, [time])),
});
