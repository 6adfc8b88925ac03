/** @file Spatial dropout over images. */
import { droppedAtRandom } from '../propagation/zeros.ts';
import { dropParts, rateOption } from './drop.ts';
import { defineLayer } from './layer.ts';
import { checkImage } from './window.ts';

export const spatialDropout2d = defineLayer({
  type: 'spatial_dropout2d',
  family: 'noise',
  title: 'Spatial dropout over images',
  formula:
    'y = x/(1 − rate) with probability 1 − rate, else 0, for a whole channel of an image at once; in inference y = x',
  sources: ['Tompson et al. 2015, arXiv:1411.4280'],
  options: { rate: rateOption('channels') },
  build(context, x, { rate }) {
    checkImage(context.g, x);
    const [batch = 1, channels = 1] = x.shape;
    return dropParts(context, x, rate, [batch, channels, 1, 1]);
  },
  theory: (input, _surroundings, { rate }) => droppedAtRandom(input, rate),
  code: ({ rate }) => ({
    pytorch: [`nn.Dropout2d(${rate})`],
    keras: [`layers.SpatialDropout2D(${rate}, data_format="channels_first")`],
  }),
});
