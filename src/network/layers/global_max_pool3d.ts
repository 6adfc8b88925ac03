/** @file The largest element of every channel of a sequence of images. */
import { calculus as c, sizeOf } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { largestOfAll, POOLING_THEORY } from './pooling.ts';
import { checkVolume, swapChannels } from './window.ts';

export const globalMaxPool3d = defineLayer({
  type: 'global_max_pool3d',
  family: 'pooling',
  takesVolumes: true,
  title: 'Global max pooling over sequences of images',
  synonyms: ['global_max_pooling3d', 'adaptive_max_pool3d'],
  formula:
    '[time, channels, height, width] → [channels], the largest over time, height and width; the gradient goes to the first of equal largest elements',
  sources: ['Keras, keras.layers.GlobalMaxPooling3D'],
  options: {},
  build({ g }, x) {
    checkVolume(g, x);
    const first = swapChannels(g, x);
    const [batch = 1, channels = 1, ...size] = first.shape;
    return largestOfAll(g, c.reshape(g, first, [batch, channels, sizeOf(size)]));
  },
  theory: POOLING_THEORY,
  code: () => ({
    pytorch: ['Transpose(1, 2)', 'nn.AdaptiveMaxPool3d(1)', 'nn.Flatten()'],
    keras: ['layers.Permute((2, 1, 3, 4))', 'layers.GlobalMaxPooling3D(data_format="channels_first")'],
  }),
});
