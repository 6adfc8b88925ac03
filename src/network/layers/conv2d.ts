/** @file Convolution over images. */
import { affine } from '../propagation/affine.ts';
import { convolutionConnections } from '../propagation/connections.ts';
import { convolutionCode, convolutionOptions, convolve } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { alongAxes, checkImage, type Extent, pairOption, type WindowOptions } from './window.ts';

interface Given {
  readonly kernel_size: Extent;
  readonly stride: Extent;
  readonly dilation: Extent;
  readonly padding: 'valid' | 'same';
}

const windowOf = ({ kernel_size, stride, dilation, padding }: Given): WindowOptions => ({
  window: alongAxes(kernel_size, 2),
  stride: alongAxes(stride, 2),
  dilation: alongAxes(dilation, 2),
  padding,
});

export const conv2d = defineLayer({
  type: 'conv2d',
  family: 'product',
  title: 'Convolution over images',
  formula:
    'y[o, p] = φ(b[o] + Σ W[o, i, k] · x[i, p·stride + k·dilation − pad]); x [in, height, width], W (kernel) ' +
    '[filters, in/groups, height, width], b (bias) [filters]; a cross-correlation',
  sources: ['LeCun et al. 1998, Gradient-based learning applied to document recognition'],
  options: {
    kernel_size: pairOption('Size of the kernel'),
    stride: pairOption('Pixels from one position to the next').default(1),
    dilation: pairOption('Pixels between neighbouring elements of the kernel').default(1),
    ...convolutionOptions,
  },
  build(context, x, options) {
    checkImage(context.g, x);
    return context.activate(convolve(context, x, options, windowOf(options)), options.activation);
  },
  theory: (input, surroundings, options) =>
    affine(input, surroundings, convolutionConnections(options, input.shape), options.activation),
  code: (options, { inputShape: [channels = 1, ...size] }) =>
    convolutionCode(options, windowOf(options), channels, size),
});
