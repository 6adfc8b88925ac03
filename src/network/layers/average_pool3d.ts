/** @file Average pooling over sequences of images. */
import { defineLayer } from './layer.ts';
import {
  AVERAGE_CODE,
  mean,
  POOLING_THEORY,
  poolingCode,
  poolingWindow,
  volumePoolingOptions,
} from './pooling.ts';
import { channelsFirst, checkVolume, swapChannels, volumeSize } from './window.ts';

export const averagePool3d = defineLayer({
  type: 'average_pool3d',
  family: 'pooling',
  takesVolumes: true,
  title: 'Average pooling over sequences of images',
  synonyms: ['average_pooling3d', 'avg_pool3d'],
  formula:
    'y[p, c] = mean over the window at p·stride of x[·, c], over time, height and width; padding is not counted',
  sources: ['Tran et al. 2015, arXiv:1412.0767'],
  options: volumePoolingOptions,
  build({ g }, x, options) {
    checkVolume(g, x);
    return swapChannels(g, mean(g, swapChannels(g, x), poolingWindow(options, 3)));
  },
  theory: POOLING_THEORY,
  code: (options, { inputShape }) =>
    channelsFirst(poolingCode(AVERAGE_CODE, options, volumeSize(inputShape))),
});
