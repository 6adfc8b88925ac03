/** @file Max pooling over images. */
import { defineLayer } from './layer.ts';
import {
  imagePoolingOptions,
  largest,
  MAX_CODE,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
} from './pooling.ts';
import { checkImage } from './window.ts';

export const maxPool2d = defineLayer({
  type: 'max_pool2d',
  family: 'pooling',
  title: 'Max pooling over images',
  synonyms: ['max_pooling2d', 'max_pooling', 'maxpool'],
  formula:
    'y[c, p] = max over the window at p·stride of x[c, ·]; padding never wins. The gradient goes to the first of equal largest elements, row by row',
  sources: ['Ranzato et al. 2007, Unsupervised learning of invariant feature hierarchies'],
  options: imagePoolingOptions,
  build({ g }, x, options) {
    checkImage(g, x);
    return largest(g, x, poolingWindow(options, 2));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape: [, ...size] }) => poolingCode(MAX_CODE, options, size),
});
