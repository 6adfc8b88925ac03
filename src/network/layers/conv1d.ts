/** @file Convolution over time. */
import { affine } from '../propagation/affine.ts';
import { convolutionConnections } from '../propagation/connections.ts';
import { convolutionCode, convolutionOptions, convolve } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { checkSequence, extentOption, swapTime, type WindowOptions } from './window.ts';

interface Given {
  readonly kernel_size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: 'valid' | 'same';
}

const windowOf = ({ kernel_size, stride, dilation, padding }: Given): WindowOptions => ({
  window: [kernel_size],
  stride: [stride],
  dilation: [dilation],
  padding,
});

export const conv1d = defineLayer({
  type: 'conv1d',
  family: 'product',
  title: 'Convolution over time',
  formula:
    'y[t, o] = φ(b[o] + Σ W[o, i, k] · x[t·stride + k·dilation − pad, i]); x [time, in], W (kernel) ' +
    '[filters, in/groups, kernel_size], b (bias) [filters]; a cross-correlation',
  sources: ['LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition'],
  options: {
    kernel_size: extentOption('Time steps under the kernel'),
    stride: extentOption('Time steps from one position to the next').default(1),
    dilation: extentOption('Time steps between neighbouring elements of the kernel').default(1),
    ...convolutionOptions,
  },
  build(context, x, options) {
    const { g } = context;
    checkSequence(g, x);
    const y = swapTime(g, convolve(context, swapTime(g, x), options, windowOf(options)));
    return context.activate(y, options.activation);
  },
  theory: (input, surroundings, options) =>
    affine(input, surroundings, convolutionConnections(options, input.shape), options.activation),
  code(options, { inputShape: [time = 1, channels = 1] }) {
    const { pytorch, keras } = convolutionCode(
      { ...options, activation: 'linear' },
      windowOf(options),
      channels,
      [time],
    );
    const activated = convolutionCode(options, windowOf(options), channels, [time]);
    // PyTorch has the channels before the time.
    return {
      pytorch: ['Transpose(1, 2)', ...pytorch, 'Transpose(1, 2)', ...activated.pytorch.slice(pytorch.length)],
      keras: [...keras, ...activated.keras.slice(keras.length)],
    };
  },
});
