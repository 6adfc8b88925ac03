/** @file Average pooling over images. */
import { defineLayer } from './layer.ts';
import {
  AVERAGE_CODE,
  imagePoolingOptions,
  mean,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
} from './pooling.ts';
import { checkImage } from './window.ts';

export const averagePool2d = defineLayer({
  type: 'average_pool2d',
  family: 'pooling',
  title: 'Average pooling over images',
  synonyms: ['average_pooling2d', 'avg_pool2d'],
  formula: 'y[c, p] = mean over the window at p·stride of x[c, ·]; padding does not count',
  sources: ['LeCun et al. 1998, Gradient-based learning applied to document recognition'],
  options: imagePoolingOptions,
  build({ g }, x, options) {
    checkImage(g, x);
    return mean(g, x, poolingWindow(options, 2));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [, ...size] }) => poolingCode(AVERAGE_CODE, options, size),
});
