/** @file What `conv1d` and `conv2d` share: parameters, the operator, the bias, the activation; and their code. */

import { z } from 'zod';
import { calculus as c, sizeOf, type Tensor } from '../../graph/index.ts';
import { type ActivationConfig, resolveActivation } from '../activation_config.ts';
import type { InitializerConfig } from '../initializers/index.ts';
import { initializerArgument, python } from './code.ts';
import {
  activationOption,
  biasInitializerOption,
  kernelInitializerOption,
  type LayerCode,
  type LayerContext,
  useBiasOption,
} from './layer.ts';
import { convolutionOf, groupsOption, paddingOf, type WindowOptions } from './window.ts';

export const kernelOptions = {
  activation: activationOption,
  use_bias: useBiasOption,
  kernel_initializer: kernelInitializerOption,
  bias_initializer: biasInitializerOption,
};

export const convolutionOptions = {
  filters: z.int().min(1).max(65_536).describe('Number of output channels (features)'),
  groups: groupsOption,
  ...kernelOptions,
};

export interface ConvolutionOptions {
  readonly filters: number;
  readonly groups: number;
  readonly activation: ActivationConfig;
  readonly use_bias: boolean;
  readonly kernel_initializer: InitializerConfig;
  readonly bias_initializer: InitializerConfig;
}

/** Every channel by itself, with `depth_multiplier` filters each. */
export const depthwiseOf = <Options extends { readonly depth_multiplier: number }>(
  options: Options,
  channels: number,
) => ({ ...options, filters: channels * options.depth_multiplier, groups: channels });

/**
 * x ∗ kernel + bias, before the activation. fan_in = in/groups · window, fan_out = filters · window.
 * @param x [batch, in, …size]
 */
export function convolve(
  context: LayerContext,
  x: Tensor,
  options: ConvolutionOptions,
  windowed: WindowOptions,
  name = 'kernel',
): Tensor {
  const { g } = context;
  const { filters, groups } = options;
  const [, channels = 1, ...size] = x.shape;
  if (channels % groups !== 0 || filters % groups !== 0)
    g.refuse(`${channels} channels and ${filters} filters do not split into ${groups} groups`);
  const inner = channels / groups;
  const window = sizeOf(windowed.window);
  const fans = { fanIn: inner * window, fanOut: filters * window };
  const kernel = context.parameter(name, [filters, inner, ...windowed.window], {
    ...fans,
    initializer: options.kernel_initializer,
  });
  const convolution = convolutionOf(size, windowed, groups);
  if (!options.use_bias) return c.conv(g, x, kernel, convolution);
  const bias = context.parameter('bias', [filters], { ...fans, initializer: options.bias_initializer });
  return c.conv(g, x, kernel, convolution, bias);
}

export const tuple = (values: readonly number[]): string =>
  values.every((value) => value === values[0]) ? String(values[0]) : `(${values.join(', ')})`;

/** PyTorch pads both ends alike; uneven padding is a layer of its own. */
function torchPadding(
  size: readonly number[],
  windowed: WindowOptions,
): { layer: string[]; argument: string } {
  const { before, after } = paddingOf(size, windowed);
  if ([...before, ...after].every((n) => n === 0)) return { layer: [], argument: '' };
  if (before.every((n, axis) => n === after[axis]))
    return { layer: [], argument: `, padding=${tuple(before)}` };
  return { layer: [zeroPaddingCode({ before, after }).pytorch], argument: '' };
}

/** Keras pads by name; numbers of zeros are a layer of their own. */
export function kerasPadding(
  size: readonly number[],
  windowed: WindowOptions,
): { layer: string[]; argument: string } {
  const { padding } = windowed;
  if (padding === 'valid' || padding === 'same') return { layer: [], argument: `, padding="${padding}"` };
  return { layer: [zeroPaddingCode(paddingOf(size, windowed)).keras], argument: ', padding="valid"' };
}

/** Zeros around, as a layer. PyTorch names the last axis first. */
export function zeroPaddingCode({ before, after }: { before: readonly number[]; after: readonly number[] }) {
  const sides = before.map((n, axis) => [n, after[axis] as number]);
  const text = sides.map((side) => `(${side.join(', ')})`);
  return {
    pytorch: `nn.ConstantPad${before.length}d((${sides.toReversed().flat().join(', ')}), 0.0)`,
    keras:
      before.length === 1
        ? `layers.ZeroPadding1D(${text[0]})`
        : `layers.ZeroPadding${before.length}D((${text.join(', ')}), data_format="channels_first")`,
  };
}

/** How Keras writes it, where it has a class of its own for it. */
interface KerasConvolution {
  readonly name: string;
  /** The first argument, with its comma. */
  readonly first: string;
  readonly more: string;
  /** What the argument of the kernel's initializer begins with. */
  readonly kernel: string;
}

/** @param size of the input's time or height and width */
export function convolutionCode(
  options: ConvolutionOptions,
  windowed: WindowOptions,
  channels: number,
  size: readonly number[],
  keras?: KerasConvolution,
): LayerCode {
  const { filters, groups, use_bias } = options;
  const { window, stride, dilation } = windowed;
  const axes = size.length;
  const pad = torchPadding(size, windowed);
  const kerasPad = kerasPadding(size, windowed);
  const named = (name: string, values: readonly number[]) =>
    values.every((value) => value === 1) ? '' : `, ${name}=${tuple(values)}`;
  const grouped = groups === 1 ? '' : `, groups=${groups}`;
  const torch = `nn.Conv${axes}d(${channels}, ${filters}, ${tuple(window)}${named('stride', stride)}${named('dilation', dilation)}${pad.argument}${grouped}${use_bias ? '' : `, bias=${python(false)}`})`;
  const bias = use_bias
    ? initializerArgument('bias', options.bias_initializer, 'zeros')
    : `, use_bias=${python(false)}`;
  const format = axes > 1 ? ', data_format="channels_first"' : '';
  const own = keras ?? { name: `Conv${axes}D`, first: `${filters}, `, more: grouped, kernel: 'kernel' };
  const kerasLayer = `layers.${own.name}(${own.first}${tuple(window)}${named('strides', stride)}${named('dilation_rate', dilation)}${kerasPad.argument}${own.more}${format}${initializerArgument(own.kernel, options.kernel_initializer, 'glorot_uniform')}${bias})`;
  const { name, pytorch: torchActivation, keras: kerasActivation } = resolveActivation(options.activation);
  const linear = name === 'linear';
  return {
    pytorch: [...pad.layer, torch, ...(linear ? [] : [torchActivation(filters, axes + 1)])],
    keras: [...kerasPad.layer, kerasLayer, ...(linear ? [] : [kerasActivation])],
  };
}
