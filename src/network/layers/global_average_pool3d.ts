/** @file The mean of every channel of a sequence of images. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { POOLING_THEORY } from './pooling.ts';
import { checkVolume } from './window.ts';

export const globalAveragePool3d = defineLayer({
  type: 'global_average_pool3d',
  family: 'pooling',
  takesVolumes: true,
  title: 'Global average pooling over sequences of images',
  synonyms: ['global_average_pooling3d', 'adaptive_avg_pool3d'],
  formula: '[time, channels, height, width] → [channels], the mean over time, height and width',
  sources: ['Keras, keras.layers.GlobalAveragePooling3D'],
  options: {},
  build({ g }, x) {
    checkVolume(g, x);
    return c.reduceMean(g, x, [1, 3, 4]);
  },
  theory: POOLING_THEORY,
  code: () => ({
    pytorch: ['Transpose(1, 2)', 'nn.AdaptiveAvgPool3d(1)', 'nn.Flatten()'],
    keras: ['layers.Permute((2, 1, 3, 4))', 'layers.GlobalAveragePooling3D(data_format="channels_first")'],
  }),
});
