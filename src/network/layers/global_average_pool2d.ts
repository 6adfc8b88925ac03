/** @file The mean of every channel of an image. */

import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { POOLING_THEORY } from './pooling.ts';
import { checkImage } from './window.ts';

export const globalAveragePool2d = defineLayer({
  type: 'global_average_pool2d',
  family: 'pooling',
  title: 'Global average pooling over images',
  synonyms: ['global_average_pooling2d', 'adaptive_avg_pool2d'],
  formula: '[channels, height, width] → [channels], the mean over height and width',
  sources: ['Lin et al. 2014, arXiv:1312.4400'],
  options: {},
  build({ g }, x) {
    checkImage(g, x);
    return c.reduceMean(g, x, [2, 3]);
  },
  theory: POOLING_THEORY,
  code: () => ({
    pytorch: ['nn.AdaptiveAvgPool2d(1)', 'nn.Flatten()'],
    keras: ['layers.GlobalAveragePooling2D(data_format="channels_first")'],
  }),
});
