/** @file Larger images. */
import { z } from 'zod';
import { defineLayer } from './layer.ts';
import { bilinear, nearest, REPEATED_THEORY } from './up_sampling.ts';
import { alongAxes, checkImage, pairOption } from './window.ts';

export const upSampling2d = defineLayer({
  type: 'up_sampling2d',
  family: 'shape',
  title: 'Upsampling of images',
  synonyms: ['upsample', 'upsampling2d'],
  formula:
    '[channels, height, width] → [channels, height·size, width·size]: "nearest" every pixel as a block of copies, "bilinear" ' +
    'linear between the middles of pixels, at the borders constant',
  sources: ['Keras, keras.layers.UpSampling2D', 'PyTorch, torch.nn.Upsample (align_corners=False)'],
  options: {
    size: pairOption('Factor').default(2),
    interpolation: z.enum(['nearest', 'bilinear']).default('nearest'),
  },
  build({ g }, x, { size, interpolation }) {
    checkImage(g, x);
    const scale = alongAxes(size, 2) as [number, number];
    return interpolation === 'nearest' ? nearest(g, x, scale) : bilinear(g, x, scale);
  },
  theory: REPEATED_THEORY,
  code({ size, interpolation }) {
    const scale = alongAxes(size, 2).join(', ');
    const corners = interpolation === 'bilinear' ? ', align_corners=False' : '';
    return {
      pytorch: [`nn.Upsample(scale_factor=(${scale}), mode="${interpolation}"${corners})`],
      keras: [
        `layers.UpSampling2D((${scale}), data_format="channels_first", interpolation="${interpolation}")`,
      ],
    };
  },
});
