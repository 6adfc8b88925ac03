/** @file Convolution over sequences of images: videos, volumes. */
import { resolveActivation } from '../activation_config.ts';
import { convolutionCode, convolutionOptions, convolve } from './convolution.ts';
import { defineLayer } from './layer.ts';
import {
  channelsFirst,
  checkVolume,
  swapChannels,
  volumePaddingOption,
  volumeSize,
  volumeWindow,
  volumeWindowOptions,
} from './window.ts';

export const conv3d = defineLayer({
  type: 'conv3d',
  family: 'product',
  takesVolumes: true,
  title: 'Convolution over sequences of images',
  synonyms: ['convolution3d'],
  formula:
    'y[p, o] = φ(b[o] + Σ W[o, i, k] · x[p·stride + k·dilation − pad, i]), over time (the depth of a volume), height and width; x [time, in, ' +
    'height, width], W (kernel) [filters, in/groups, time, height, width], b (bias) [filters]; a cross-correlation',
  sources: ['Tran et al. 2015, arXiv:1412.0767'],
  options: { ...volumeWindowOptions, padding: volumePaddingOption, ...convolutionOptions },
  build(context, x, options) {
    checkVolume(context.g, x);
    const y = convolve(context, swapChannels(context.g, x), options, volumeWindow(options));
    return context.activate(swapChannels(context.g, y), options.activation);
  },
  theory: 'it is written for convolutions over sequences and images',
  code(options, { inputShape, outputShape }) {
    const { name, pytorch, keras } = resolveActivation(options.activation);
    const own = { ...options, activation: 'linear' } as const;
    const code = channelsFirst(
      convolutionCode(own, volumeWindow(options), inputShape[1] ?? 1, volumeSize(inputShape)),
    );
    if (name === 'linear') return code;
    return {
      pytorch: [...code.pytorch, pytorch(options.filters, outputShape.length)],
      keras: [...code.keras, keras],
    };
  },
});
