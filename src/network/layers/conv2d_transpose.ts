/** @file Transposed convolution over images. */
import { z } from 'zod';
import { list } from '../../util/list.ts';
import { affine } from '../propagation/affine.ts';
import { transposedConnections } from '../propagation/connections.ts';
import { defineLayer } from './layer.ts';
import {
  convolveTransposed,
  OUTPUT_PADDING,
  transposedCode,
  transposedExtent,
  transposedOptions,
} from './transposed.ts';
import { alongAxes, checkImage, imagePaddingOption, imageWindow, imageWindowOptions } from './window.ts';

export const conv2dTranspose = defineLayer({
  type: 'conv2d_transpose',
  family: 'product',
  title: 'Transposed convolution over images',
  synonyms: ['conv_transpose2d', 'deconv2d'],
  formula:
    'the adjoint of a convolution, plus a bias: every input adds x · W, stride apart; W (kernel) [filters, in/groups, ' +
    'height, width], b (bias) [filters]. "same": size · stride outputs; "valid": (size − 1)·stride + window, at least size · stride; a number: ' +
    'so many fewer on each side',
  sources: ['Dumoulin & Visin 2016, arXiv:1603.07285, chapter 4', 'Keras, keras.layers.Conv2DTranspose'],
  options: {
    ...imageWindowOptions,
    padding: imagePaddingOption,
    output_padding: z
      .union([z.int().min(0).max(63), list(z.int().min(0).max(63)).length(2)])
      .default(0)
      .describe(OUTPUT_PADDING),
    ...transposedOptions,
  },
  build(context, x, options) {
    checkImage(context.g, x);
    const y = convolveTransposed(
      context,
      x,
      options,
      imageWindow(options),
      alongAxes(options.output_padding, 2),
    );
    return context.activate(y, options.activation);
  },
  theory(input, surroundings, options) {
    const window = imageWindow(options);
    const positions = input.shape.slice(1);
    const { size, before } = transposedExtent(positions, window, alongAxes(options.output_padding, 2));
    const connections = transposedConnections({ ...options, window }, input.shape, size, before);
    return affine(input, surroundings, connections, options.activation);
  },
  code(options, { inputShape: [channels = 1, ...size] }) {
    return transposedCode(
      options,
      imageWindow(options),
      channels,
      size,
      alongAxes(options.output_padding, 2),
    );
  },
});
