/** @file Max pooling over sequences of images. */
import { defineLayer } from './layer.ts';
import {
  largest,
  MAX_CODE,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
  volumePoolingOptions,
} from './pooling.ts';
import { channelsFirst, checkVolume, swapChannels, volumeSize } from './window.ts';

export const maxPool3d = defineLayer({
  type: 'max_pool3d',
  family: 'pooling',
  takesVolumes: true,
  title: 'Max pooling over sequences of images',
  synonyms: ['max_pooling3d'],
  formula:
    'y[p, c] = max over the window at p·stride of x[·, c], over time, height and width; padding never wins. The gradient goes to the first of equal largest elements',
  sources: ['Tran et al. 2015, arXiv:1412.0767'],
  options: volumePoolingOptions,
  build({ g }, x, options) {
    checkVolume(g, x);
    return swapChannels(g, largest(g, swapChannels(g, x), poolingWindow(options, 3)));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape }) => channelsFirst(poolingCode(MAX_CODE, options, volumeSize(inputShape))),
});
