/** @file A convolution of every channel by itself, then one over the channels of every pixel. */
import { z } from 'zod';
import { resolveActivation } from '../activation_config.ts';
import { initializerArgument, python } from './code.ts';
import { convolutionCode, convolve, depthwiseOf, kerasPadding, kernelOptions, tuple } from './convolution.ts';
import { defineLayer, kernelInitializerOption } from './layer.ts';
import { checkImage, imagePaddingOption, imageWindow, imageWindowOptions, pointWindow } from './window.ts';

export const separableConv2d = defineLayer({
  type: 'separable_conv2d',
  family: 'product',
  title: 'Separable convolution over images',
  formula:
    'y = φ(b + P ∗ (D ∗ x)): D (depthwise_kernel) [channels·m, 1, height, width] of every channel by itself, m = ' +
    'depth_multiplier, P (pointwise_kernel) [filters, channels·m, 1, 1], b (bias) [filters]',
  sources: ['Chollet 2017, arXiv:1610.02357'],
  options: {
    filters: z.int().min(1).max(65_536).describe('Number of output channels'),
    ...imageWindowOptions,
    padding: imagePaddingOption,
    depth_multiplier: z
      .int()
      .min(1)
      .max(1024)
      .default(1)
      .describe('Outputs of every channel before they are mixed'),
    ...kernelOptions,
    kernel_initializer: kernelInitializerOption.describe('Initializer of both kernels'),
  },
  build(context, x, given) {
    checkImage(context.g, x);
    const depthwise = { ...depthwiseOf(given, x.shape[1] ?? 1), use_bias: false };
    const apart = convolve(context, x, depthwise, imageWindow(given), 'depthwise_kernel');
    const pointwise = { ...given, groups: 1 };
    const mixed = convolve(context, apart, pointwise, pointWindow, 'pointwise_kernel');
    return context.activate(mixed, given.activation);
  },
  theory: 'two kernels in a row are followed as two layers: depthwise_conv2d, then conv2d',
  code(given, { inputShape: [channels = 1, ...size] }) {
    const { filters, use_bias, depth_multiplier } = given;
    const depthwise = depthwiseOf(given, channels);
    const window = imageWindow(given);
    const apart = convolutionCode(
      { ...depthwise, use_bias: false, activation: 'linear' },
      window,
      channels,
      size,
    );
    const { name, pytorch, keras } = resolveActivation(given.activation);
    const linear = name === 'linear';
    const padding = kerasPadding(size, window);
    const named = (key: string, values: readonly number[]) =>
      values.every((value) => value === 1) ? '' : `, ${key}=${tuple(values)}`;
    const bias = use_bias ? initializerArgument('bias', given.bias_initializer, 'zeros') : ', use_bias=False';
    const initializers =
      initializerArgument('depthwise', given.kernel_initializer, 'glorot_uniform') +
      initializerArgument('pointwise', given.kernel_initializer, 'glorot_uniform');
    return {
      pytorch: [
        ...apart.pytorch,
        `nn.Conv2d(${channels * depth_multiplier}, ${filters}, 1${use_bias ? '' : `, bias=${python(false)}`})`,
        ...(linear ? [] : [pytorch(filters, 3)]),
      ],
      keras: [
        ...padding.layer,
        `layers.SeparableConv2D(${filters}, ${tuple(window.window)}${named('strides', window.stride)}${named('dilation_rate', window.dilation)}${padding.argument}, depth_multiplier=${depth_multiplier}, data_format="channels_first"${initializers}${bias})`,
        ...(linear ? [] : [keras]),
      ],
    };
  },
});
