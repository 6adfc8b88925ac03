/** @file Convolution over images. */
import { affine } from '../propagation/affine.ts';
import { convolutionConnections } from '../propagation/connections.ts';
import { convolutionCode, convolutionOptions, convolve } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { checkImage, imagePaddingOption, imageWindow, imageWindowOptions } from './window.ts';

export const conv2d = defineLayer({
  type: 'conv2d',
  family: 'product',
  title: 'Convolution over images',
  synonyms: ['convolution2d', 'convolution', 'conv'],
  formula:
    'y[o, p] = φ(b[o] + Σ W[o, i, k] · x[i, p·stride + k·dilation − pad]); x [in, height, width], W (kernel) ' +
    '[filters, in/groups, height, width], b (bias) [filters]; a cross-correlation',
  sources: ['LeCun et al. 1998, Gradient-based learning applied to document recognition'],
  options: { ...imageWindowOptions, padding: imagePaddingOption, ...convolutionOptions },
  build(context, x, options) {
    checkImage(context.g, x);
    return context.activate(convolve(context, x, options, imageWindow(options)), options.activation);
  },
  theory(input, surroundings, options) {
    const connections = convolutionConnections({ ...options, window: imageWindow(options) }, input.shape);
    return affine(input, surroundings, connections, options.activation);
  },
  code: (options, { inputShape: [channels = 1, ...size] }) =>
    convolutionCode(options, imageWindow(options), channels, size),
});
