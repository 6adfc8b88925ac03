/** @file Convolution of every channel by itself. */
import { z } from 'zod';
import { affine } from '../propagation/affine.ts';
import { convolutionConnections } from '../propagation/connections.ts';
import { convolutionCode, convolve, depthwiseOf, kernelOptions } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { checkImage, imagePaddingOption, imageWindow, imageWindowOptions } from './window.ts';

export const depthwiseConv2d = defineLayer({
  type: 'depthwise_conv2d',
  family: 'product',
  title: 'Depthwise convolution over images',
  synonyms: ['depthwise_convolution2d'],
  formula:
    'y[c·m + k] = φ(b + W[c·m + k] ∗ x[c]), k < m = depth_multiplier; x [channels, height, width], W (kernel) ' +
    '[channels·m, 1, height, width], b (bias) [channels·m]',
  sources: ['Howard et al. 2017, arXiv:1704.04861'],
  options: {
    ...imageWindowOptions,
    padding: imagePaddingOption,
    depth_multiplier: z.int().min(1).max(1024).default(1).describe('Outputs of every channel'),
    ...kernelOptions,
  },
  build(context, x, options) {
    checkImage(context.g, x);
    const depthwise = depthwiseOf(options, x.shape[1] ?? 1);
    return context.activate(convolve(context, x, depthwise, imageWindow(options)), options.activation);
  },
  theory(input, surroundings, options) {
    const depthwise = depthwiseOf(options, input.shape[0] ?? 1);
    const connections = convolutionConnections({ ...depthwise, window: imageWindow(options) }, input.shape);
    return affine(input, surroundings, connections, options.activation);
  },
  code(options, { inputShape: [channels = 1, ...size] }) {
    const depthwise = depthwiseOf(options, channels);
    return convolutionCode(depthwise, imageWindow(options), channels, size, {
      name: 'DepthwiseConv2D',
      first: '',
      more: options.depth_multiplier === 1 ? '' : `, depth_multiplier=${options.depth_multiplier}`,
      kernel: 'depthwise',
    });
  },
});
