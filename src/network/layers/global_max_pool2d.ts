/** @file The largest element of every channel of a image. */
import { calculus as c, sizeOf } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { largestOfAll, POOLING_THEORY } from './pooling.ts';
import { checkImage } from './window.ts';

export const globalMaxPool2d = defineLayer({
  type: 'global_max_pool2d',
  family: 'pooling',
  title: 'Global max pooling over images',
  synonyms: ['global_max_pooling2d', 'adaptive_max_pool2d'],
  formula:
    '[channels, height, width] → [channels], the largest over height and width; the gradient goes to the first of equal largest elements',
  sources: ['Keras, keras.layers.GlobalMaxPooling2D'],
  options: {},
  build({ g }, x) {
    checkImage(g, x);
    const [batch = 1, channels = 1, ...size] = x.shape;
    return largestOfAll(g, c.reshape(g, x, [batch, channels, sizeOf(size)]));
  },
  theory: POOLING_THEORY,
  code: () => ({
    pytorch: ['nn.AdaptiveMaxPool2d(1)', 'nn.Flatten()'],
    keras: ['layers.GlobalMaxPooling2D(data_format="channels_first")'],
  }),
});
