/** @file Dense layers and convolutions. Kernels [window, in, out] of Keras are [out, in, window] here. */
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Unsupported } from '../../model.ts';
import { reshaped, transposed } from '../../tensors.ts';
import type { Value } from '../../writer.ts';
import type { Options } from '../config.ts';
import {
  type Context,
  type Convert,
  channelsFirst,
  image,
  only,
  overTime,
  overVolume,
  productOptions,
  rankOf,
  weightsOf,
} from '../context.ts';
import type { KerasLayer } from '../model.ts';

type Weights = Record<string, NamedTensor> | null;

/** @param kernel lays the kernel out anew */
function kernelAndBias(layer: KerasLayer, kernel: (tensor: NamedTensor) => NamedTensor): Weights {
  const bias = layer.options.bool('use_bias', true);
  const given = weightsOf(layer, bias ? 2 : 1);
  if (given === null) return null;
  const [first, second] = given as [NamedTensor, NamedTensor?];
  return { kernel: kernel(first), ...(second !== undefined && { bias: second }) };
}

const dense: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  const units = layer.options.int('units');
  const options = productOptions(layer, context);
  const { name } = layer;
  if (rankOf(x) < 3)
    return context.writer.add('dense', { units, ...options }, [x], {
      name,
      weights: kernelAndBias(layer, (kernel) => kernel),
    });
  // On images it is the same for every pixel: a convolution with a window of one.
  const axes = rankOf(x) - 1;
  const weights = kernelAndBias(layer, (kernel) => {
    const { shape, data } = transposed(kernel, [1, 0]);
    return { shape: [...shape, ...new Array<number>(axes).fill(1)], data };
  });
  const first = channelsFirst(x, layer, context);
  return context.writer.add(`conv${axes}d`, { filters: units, kernel_size: 1, ...options }, [first], {
    name,
    channels: 'last',
    weights,
  });
};

const simple = (extents: readonly number[]): number | readonly number[] =>
  extents.every((size) => size === extents[0]) ? (extents[0] as number) : extents;

/** Window, stride, dilation, padding; defaults are left out. */
function windowOptions(options: Options, axes: number): Record<string, unknown> {
  const stride = simple(options.extents('strides', axes, 1));
  const dilation = simple(options.extents('dilation_rate', axes, 1));
  return {
    kernel_size: simple(options.extents('kernel_size', axes)),
    ...(stride === 1 ? {} : { stride }),
    ...(dilation === 1 ? {} : { dilation }),
    ...paddingOption(options, axes),
  };
}

function paddingOption(options: Options, axes: number): Record<string, unknown> {
  const padding = options.string('padding', 'valid').toLowerCase();
  if (padding === 'valid') return {};
  // All zeros before: no output sees what is later.
  if (padding === 'causal' && axes === 1) {
    const [[size = 1], [dilation = 1]] = [
      options.extents('kernel_size', 1),
      options.extents('dilation_rate', 1, 1),
    ];
    return { padding: [dilation * (size - 1), 0] };
  }
  return { padding };
}

const ORDER = { 1: [2, 1, 0], 2: [3, 2, 0, 1], 3: [4, 3, 0, 1, 2] } as const;
/** Keras has [window, out, in] in transposed convolutions. */
const TRANSPOSED_ORDER = { 1: [1, 2, 0], 2: [2, 3, 0, 1] } as const;

type Axes = 1 | 2 | 3;

/** Runs `apply` on the input as convolutions here take it. */
function onGrid(
  layer: KerasLayer,
  inputs: readonly Value[],
  context: Context,
  axes: Axes,
  apply: (x: Value) => Value,
): Value {
  const x = only(inputs);
  if (axes === 1) return overTime(layer, x, context, apply);
  return axes === 2 ? apply(image(x, layer, context)) : overVolume(layer, x, context, apply);
}

const convolution =
  (axes: Axes): Convert =>
  (layer, inputs, context) => {
    const { options, name } = layer;
    const groups = options.int('groups', 1);
    const given = {
      filters: options.int('filters'),
      ...windowOptions(options, axes),
      ...(groups === 1 ? {} : { groups }),
      ...productOptions(layer, context),
    };
    const weights = kernelAndBias(layer, (kernel) => transposed(kernel, ORDER[axes]));
    return onGrid(layer, inputs, context, axes, (x) =>
      context.writer.add(`conv${axes}d`, given, [x], { name, channels: x.channels, weights }),
    );
  };

const transposedConvolution =
  (axes: 1 | 2): Convert =>
  (layer, inputs, context) => {
    const { options, name } = layer;
    if (options.has('output_padding'))
      throw new Unsupported('output_padding of Keras is not known here', 'leave output_padding out');
    const given = {
      filters: options.int('filters'),
      ...windowOptions(options, axes),
      ...productOptions(layer, context),
    };
    const weights = kernelAndBias(layer, (kernel) => transposed(kernel, TRANSPOSED_ORDER[axes]));
    return onGrid(layer, inputs, context, axes, (x) =>
      context.writer.add(`conv${axes}d_transpose`, given, [x], { name, channels: x.channels, weights }),
    );
  };

/** [height, width, in, multiplier] → [in · multiplier, 1, height, width] */
function depthwiseKernel(kernel: NamedTensor): NamedTensor {
  const moved = transposed(kernel, [2, 3, 0, 1]);
  const [channels = 1, multiplier = 1, ...window] = moved.shape;
  return reshaped(moved, [channels * multiplier, 1, ...window]);
}

const depthwise: Convert = (layer, inputs, context) => {
  const { options, name } = layer;
  const multiplier = options.int('depth_multiplier', 1);
  const given = {
    ...windowOptions(options, 2),
    ...(multiplier === 1 ? {} : { depth_multiplier: multiplier }),
    ...productOptions(layer, context, 'depthwise'),
  };
  const weights = kernelAndBias(layer, depthwiseKernel);
  return onGrid(layer, inputs, context, 2, (x) =>
    context.writer.add('depthwise_conv2d', given, [x], { name, channels: x.channels, weights }),
  );
};

function separableWeights(layer: KerasLayer): Weights {
  const bias = layer.options.bool('use_bias', true);
  const given = weightsOf(layer, bias ? 3 : 2);
  if (given === null) return null;
  const [apart, point, last] = given as [NamedTensor, NamedTensor, NamedTensor?];
  return {
    depthwise_kernel: depthwiseKernel(apart),
    pointwise_kernel: transposed(point, ORDER[2]),
    ...(last !== undefined && { bias: last }),
  };
}

const separable: Convert = (layer, inputs, context) => {
  const { options, name } = layer;
  const multiplier = options.int('depth_multiplier', 1);
  const given = {
    filters: options.int('filters'),
    ...windowOptions(options, 2),
    ...(multiplier === 1 ? {} : { depth_multiplier: multiplier }),
    ...productOptions(layer, context, 'depthwise'),
  };
  const weights = separableWeights(layer);
  return onGrid(layer, inputs, context, 2, (x) =>
    context.writer.add('separable_conv2d', given, [x], { name, channels: x.channels, weights }),
  );
};

/** [window, in, multiplier] → [in · multiplier, 1, window] */
function depthwiseKernel1d(kernel: NamedTensor): NamedTensor {
  const moved = transposed(kernel, [1, 2, 0]);
  const [channels = 1, multiplier = 1, window = 1] = moved.shape;
  return reshaped(moved, [channels * multiplier, 1, window]);
}

/** Over time: a convolution whose groups are the channels. */
const depthwise1d: Convert = (layer, inputs, context) => {
  const { options, name } = layer;
  const multiplier = options.int('depth_multiplier', 1);
  const weights = kernelAndBias(layer, depthwiseKernel1d);
  return overTime(layer, only(inputs), context, (x) => {
    const channels = x.shape[1] as number;
    const given = {
      filters: channels * multiplier,
      groups: channels,
      ...windowOptions(options, 1),
      ...productOptions(layer, context, 'depthwise'),
    };
    return context.writer.add('conv1d', given, [x], { name, weights });
  });
};

/** The same, then one with a window of 1. */
const separable1d: Convert = (layer, inputs, context) => {
  const { options, name } = layer;
  const multiplier = options.int('depth_multiplier', 1);
  const bias = options.bool('use_bias', true);
  const given = weightsOf(layer, bias ? 3 : 2) as [NamedTensor, NamedTensor, NamedTensor?] | null;
  return overTime(layer, only(inputs), context, (x) => {
    const channels = x.shape[1] as number;
    const first = {
      filters: channels * multiplier,
      groups: channels,
      ...windowOptions(options, 1),
      use_bias: false,
    };
    const apart = context.writer.add('conv1d', first, [x], {
      name: `${name}_depthwise`,
      weights: given === null ? null : { kernel: depthwiseKernel1d(given[0]) },
    });
    const second = {
      filters: options.int('filters'),
      kernel_size: 1,
      ...productOptions(layer, context, 'pointwise'),
    };
    return context.writer.add('conv1d', second, [apart], {
      name,
      weights:
        given === null
          ? null
          : { kernel: transposed(given[1], ORDER[1]), ...(given[2] !== undefined && { bias: given[2] }) },
    });
  });
};

export const products: Readonly<Record<string, Convert>> = {
  Dense: dense,
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  Convolution1D: convolution(1),
  Convolution2D: convolution(2),
  Convolution3D: convolution(3),
  Conv1DTranspose: transposedConvolution(1),
  Conv2DTranspose: transposedConvolution(2),
  DepthwiseConv2D: depthwise,
  SeparableConv2D: separable,
  DepthwiseConv1D: depthwise1d,
  SeparableConv1D: separable1d,
};
