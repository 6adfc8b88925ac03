/** @file Convolution over time. */
import { affine } from '../propagation/affine.ts';
import { convolutionConnections } from '../propagation/connections.ts';
import { convolutionCode, convolutionOptions, convolve } from './convolution.ts';
import { defineLayer } from './layer.ts';
import {
  checkSequence,
  featuresFirst,
  swapTime,
  timePaddingOption,
  timeWindow,
  timeWindowOptions,
} from './window.ts';

export const conv1d = defineLayer({
  type: 'conv1d',
  family: 'product',
  title: 'Convolution over time',
  synonyms: ['convolution1d', 'convolution_1d'],
  formula:
    'y[t, o] = φ(b[o] + Σ W[o, i, k] · x[t·stride + k·dilation − pad, i]); x [time, in], W (kernel) ' +
    '[filters, in/groups, kernel_size], b (bias) [filters]; a cross-correlation',
  sources: ['LeCun et al. 1989, Backpropagation applied to handwritten zip code recognition'],
  options: { ...timeWindowOptions, padding: timePaddingOption, ...convolutionOptions },
  build(context, x, options) {
    const { g } = context;
    checkSequence(g, x);
    const y = swapTime(g, convolve(context, swapTime(g, x), options, timeWindow(options)));
    return context.activate(y, options.activation);
  },
  theory(input, surroundings, options) {
    const connections = convolutionConnections({ ...options, window: timeWindow(options) }, input.shape);
    return affine(input, surroundings, connections, options.activation);
  },
  code(options, { inputShape: [time = 1, channels = 1] }) {
    const window = timeWindow(options);
    const plain = convolutionCode({ ...options, activation: 'linear' }, window, channels, [time]);
    const whole = convolutionCode(options, window, channels, [time]);
    // An activation has the features last, as it has them here.
    return {
      pytorch: [...featuresFirst(plain).pytorch, ...whole.pytorch.slice(plain.pytorch.length)],
      keras: whole.keras,
    };
  },
});
