/** @file What `conv1d_transpose` and `conv2d_transpose` share: the size of the output, the operator, the bias, code. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, sizeOf, type Tensor } from '../../graph/index.ts';
import { resolveActivation } from '../activation_config.ts';
import { initializerArgument, python } from './code.ts';
import { type ConvolutionOptions, kernelOptions, tuple } from './convolution.ts';
import type { LayerCode, LayerContext } from './layer.ts';
import { groupsOption, type WindowOptions, zerosOf } from './window.ts';

export const transposedOptions = {
  filters: z.int().min(1).max(65_536).describe('Number of output channels (features)'),
  groups: groupsOption,
  ...kernelOptions,
};

export const OUTPUT_PADDING =
  'Extra elements at the end of each axis, fewer than the stride; only if `padding` is a number';

/** Where the transposed convolution ends: its output's size, and what of the full result is cut off in front and behind. */
interface Extent {
  readonly size: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/**
 * The full result has (in − 1)·stride + dilation·(window − 1) + 1 elements. "same" keeps in·stride of them; "valid" all, and
 * at least in·stride (Keras); a number is cut off on each side (PyTorch).
 */
export function transposedExtent(
  size: readonly number[],
  { window, stride, dilation, padding }: WindowOptions,
  outputPadding: readonly number[],
): Extent {
  const zeros = padding === 'valid' || padding === 'same' ? null : zerosOf(padding, size.length);
  const axes = size.map((length, axis) => {
    const step = stride[axis] as number;
    const full = (length - 1) * step + (dilation[axis] as number) * ((window[axis] as number) - 1) + 1;
    if (zeros !== null) {
      const [before, after] = [zeros.before[axis] as number, zeros.after[axis] as number];
      return { size: full - before - after + (outputPadding[axis] as number), before, after };
    }
    if (padding === 'valid') return { size: Math.max(full, length * step), before: 0, after: 0 };
    const cut = Math.max(0, full - length * step);
    return { size: length * step, before: cut >> 1, after: cut - (cut >> 1) };
  });
  return {
    size: axes.map((axis) => axis.size),
    before: axes.map((axis) => axis.before),
    after: axes.map((axis) => axis.after),
  };
}

function checkOutputPadding(
  g: GraphBuilder,
  { stride, padding }: WindowOptions,
  outputPadding: readonly number[],
): void {
  const named = padding === 'valid' || padding === 'same';
  if (named && outputPadding.some((n) => n > 0))
    g.refuse('output_padding goes with a padding that is given by number');
  if (outputPadding.some((n, axis) => n > 0 && n >= (stride[axis] as number)))
    g.refuse('output_padding has to be smaller than the stride');
}

/**
 * The adjoint of a convolution, plus a bias, before the activation. fan_in = in/groups · window, fan_out = filters · window.
 * @param x [batch, in, …size]
 */
export function convolveTransposed(
  context: LayerContext,
  x: Tensor,
  options: ConvolutionOptions,
  windowed: WindowOptions,
  outputPadding: readonly number[],
): Tensor {
  const { g } = context;
  checkOutputPadding(g, windowed, outputPadding);
  const { filters, groups } = options;
  const [, channels = 1, ...positions] = x.shape;
  if (channels % groups !== 0 || filters % groups !== 0)
    g.refuse(`${channels} channels and ${filters} filters do not split into ${groups} groups`);
  const { size, before, after } = transposedExtent(positions, windowed, outputPadding);
  if (size.some((length) => length < 1)) g.refuse('the padding cuts everything off');
  const inner = channels / groups;
  const fans = { fanIn: inner * sizeOf(windowed.window), fanOut: filters * sizeOf(windowed.window) };
  const kernel = context.parameter('kernel', [filters, inner, ...windowed.window], {
    ...fans,
    initializer: options.kernel_initializer,
  });
  const { stride: strides, dilation: dilations } = windowed;
  const product = g.apply('ConvTranspose', [x, inputsFirst(g, kernel, groups)], {
    strides,
    dilations,
    before,
    after,
    groups,
    size,
  });
  if (!options.use_bias) return product;
  const bias = context.parameter('bias', [filters], { ...fans, initializer: options.bias_initializer });
  return c.add(g, product, c.reshape(g, bias, [filters, ...size.map(() => 1)]));
}

/** The operator's kernel is that of the convolution it is the adjoint of: [in, out/groups, …], here [out, in/groups, …]. */
function inputsFirst(g: GraphBuilder, kernel: Tensor, groups: number): Tensor {
  const [filters = 1, inner = 1, ...window] = kernel.shape;
  const rest = [...window.keys()].map((axis) => axis + 3);
  const apart = c.reshape(g, kernel, [groups, filters / groups, inner, ...window]);
  const swapped = c.transpose(g, apart, [0, 2, 1, ...rest]);
  return c.reshape(g, swapped, [groups * inner, filters / groups, ...window]);
}

/** @param size of the input's time or height and width */
export function transposedCode(
  options: ConvolutionOptions,
  windowed: WindowOptions,
  channels: number,
  size: readonly number[],
  outputPadding: readonly number[],
): LayerCode {
  const { filters, groups, use_bias } = options;
  const { window, stride, dilation, padding } = windowed;
  const axes = size.length;
  const named = (name: string, values: readonly number[], standard = 1) =>
    values.every((value) => value === standard) ? '' : `, ${name}=${tuple(values)}`;
  const { size: whole, before, after } = transposedExtent(size, windowed, outputPadding);
  // PyTorch cuts both ends alike; what is more at one end is cut off, or added, afterwards.
  const even = before.every((n, axis) => n === after[axis]);
  const full = size.map(
    (length, axis) =>
      (length - 1) * (stride[axis] as number) +
      (dilation[axis] as number) * ((window[axis] as number) - 1) +
      1,
  );
  const extra = whole.map((n, axis) => n - (full[axis] as number) + 2 * (before[axis] as number));
  const direct = even && extra.every((n, axis) => n >= 0 && n < Math.max(stride[axis] as number, 2));
  const arguments_ = direct ? named('padding', before, 0) + named('output_padding', extra, 0) : '';
  const cut = whole
    .map(
      (n, axis) => `${-(before[axis] as number)}, ${n + (before[axis] as number) - (full[axis] as number)}`,
    )
    .toReversed();
  const torch = `nn.ConvTranspose${axes}d(${channels}, ${filters}, ${tuple(window)}${named('stride', stride)}${arguments_}${groups === 1 ? '' : `, groups=${groups}`}${use_bias ? '' : `, bias=${python(false)}`}${named('dilation', dilation)})`;
  const bias = use_bias
    ? initializerArgument('bias', options.bias_initializer, 'zeros')
    : `, use_bias=${python(false)}`;
  const format = axes === 2 ? ', data_format="channels_first"' : '';
  const byName = padding === 'valid' || padding === 'same';
  const keras = `layers.Conv${axes}DTranspose(${filters}, ${tuple(window)}${named('strides', stride)}${named('dilation_rate', dilation)}, padding="${byName ? padding : 'valid'}"${format}${initializerArgument('kernel', options.kernel_initializer, 'glorot_uniform')}${bias})`;
  const cropped = before.map((n, axis) => `(${n}, ${(after[axis] as number) - (outputPadding[axis] ?? 0)})`);
  const crop =
    axes === 1 ? `layers.Cropping1D(${cropped[0]})` : `layers.Cropping2D((${cropped.join(', ')})${format})`;
  const { name, pytorch: torchActivation, keras: kerasActivation } = resolveActivation(options.activation);
  const linear = name === 'linear';
  return {
    pytorch: [
      torch,
      ...(direct ? [] : [`nn.ConstantPad${axes}d((${cut.join(', ')}), 0.0)`]),
      ...(linear ? [] : [torchActivation(filters, axes + 1)]),
    ],
    keras: [keras, ...(byName ? [] : [crop]), ...(linear ? [] : [kerasActivation])],
  };
}
