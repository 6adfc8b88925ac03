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
    'linear between the middles of pixels, at the borders constant; with `align_corners` the outermost pixels stay outermost',
  sources: ['Keras, keras.layers.UpSampling2D', 'PyTorch, torch.nn.Upsample'],
  options: {
    size: pairOption('Factor').default(2),
    interpolation: z.enum(['nearest', 'bilinear']).default('nearest'),
    align_corners: z
      .boolean()
      .default(false)
      .describe('Of bilinear: the middles of the corner pixels stay where they are, as in PyTorch'),
  },
  build({ g }, x, { size, interpolation, align_corners }) {
    checkImage(g, x);
    if (align_corners && interpolation === 'nearest')
      g.refuse('align_corners does nothing to copies', 'remove it, or set "interpolation": "bilinear"');
    const scale = alongAxes(size, 2) as [number, number];
    return interpolation === 'nearest' ? nearest(g, x, scale) : bilinear(g, x, scale, align_corners);
  },
  theory: REPEATED_THEORY,
  code({ size, interpolation, align_corners }) {
    const scale = alongAxes(size, 2).join(', ');
    const corners = interpolation === 'bilinear' ? `, align_corners=${align_corners ? 'True' : 'False'}` : '';
    return {
      pytorch: [`nn.Upsample(scale_factor=(${scale}), mode="${interpolation}"${corners})`],
      keras: [
        align_corners
          ? `AlignedUpSampling2D(${scale})`
          : `layers.UpSampling2D((${scale}), data_format="channels_first", interpolation="${interpolation}")`,
      ],
    };
  },
});
