/** @file Transposed convolution over time. */
import { z } from 'zod';
import { affine } from '../propagation/affine.ts';
import { transposedConnections } from '../propagation/connections.ts';
import { defineLayer, type LayerCode } from './layer.ts';
import {
  convolveTransposed,
  OUTPUT_PADDING,
  transposedCode,
  transposedExtent,
  transposedOptions,
} from './transposed.ts';
import {
  checkSequence,
  featuresFirst,
  swapTime,
  timePaddingOption,
  timeWindow,
  timeWindowOptions,
} from './window.ts';

export const conv1dTranspose = defineLayer({
  type: 'conv1d_transpose',
  family: 'product',
  title: 'Transposed convolution over time',
  synonyms: ['conv_transpose1d'],
  formula:
    'the adjoint of a convolution, plus a bias: every input adds x · W, stride apart; W (kernel) [filters, in/groups, ' +
    'kernel_size], b (bias) [filters]. "same": size · stride outputs; "valid": (size − 1)·stride + window, at least size · stride; a number: ' +
    'so many fewer on each side',
  sources: ['Dumoulin & Visin 2016, arXiv:1603.07285, chapter 4', 'Keras, keras.layers.Conv1DTranspose'],
  options: {
    ...timeWindowOptions,
    padding: timePaddingOption,
    output_padding: z.int().min(0).max(63).default(0).describe(OUTPUT_PADDING),
    ...transposedOptions,
  },
  build(context, x, options) {
    const { g } = context;
    checkSequence(g, x);
    const y = convolveTransposed(context, swapTime(g, x), options, timeWindow(options), [
      options.output_padding,
    ]);
    return context.activate(swapTime(g, y), options.activation);
  },
  theory(input, surroundings, options) {
    const window = timeWindow(options);
    const positions = input.shape.slice(0, 1);
    const { size, before } = transposedExtent(positions, window, [options.output_padding]);
    const connections = transposedConnections({ ...options, window }, input.shape, size, before);
    return affine(input, surroundings, connections, options.activation);
  },
  code(options, { inputShape: [time = 1, channels = 1] }) {
    const linear = { ...options, activation: 'linear' as const };
    const [plain, whole] = [linear, options].map((given) =>
      transposedCode(given, timeWindow(options), channels, [time], [options.output_padding]),
    ) as [LayerCode, LayerCode];
    // An activation has the features last, as it has them here.
    return {
      pytorch: [...featuresFirst(plain).pytorch, ...whole.pytorch.slice(plain.pytorch.length)],
      keras: whole.keras,
    };
  },
});
