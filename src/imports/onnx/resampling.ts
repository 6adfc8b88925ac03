/** @file ConvTranspose and Resize: larger images. */
import { Unsupported } from '../model.ts';
import { transposed } from '../tensors.ts';
import type { Value } from '../writer.ts';
import { type ConvertNode, needConstant, written } from './context.ts';
import type { Laid } from './laid.ts';
import { windowOf } from './products.ts';

/** Its kernel is [in, out/groups, …]; here [out, in/groups, …]. */
const convTranspose: ConvertNode = (node, context) => {
  const kernel = needConstant(node, 1, 'kernel', context);
  const axes = kernel.shape.length - 2;
  if (axes !== 1 && axes !== 2)
    throw new Unsupported(`a transposed convolution over ${axes} axes`, 'one over 1 or 2 axes');
  if (node.text('auto_pad', 'NOTSET') !== 'NOTSET' || node.ints('output_shape') !== null)
    throw new Unsupported('its padding follows from the size of its output', 'padding by number');
  const laid = context.laid(node.inputs[0]);
  const bias = node.inputs[2] ? needConstant(node, 2, 'bias', context) : null;
  const groups = node.int('group', 1);
  const [channels = 1, inner = 1, ...window] = kernel.shape;
  const { padding, ...moves } = windowOf(node, axes);
  const extra = node.ints('output_padding') ?? [];
  const options = {
    filters: inner * groups,
    kernel_size: window,
    ...moves,
    padding: padding === 'valid' ? 0 : padding,
    ...(extra.some((n) => n !== 0) && { output_padding: axes === 1 ? extra[0] : extra }),
    ...(groups === 1 ? {} : { groups }),
    ...(bias === null && { use_bias: false }),
  };
  const apart = { shape: [groups, channels / groups, inner, ...window], data: kernel.data };
  const swapped = transposed(apart, [0, 2, 1, ...window.map((_, i) => i + 3)]);
  const own = { shape: [groups * inner, channels / groups, ...window], data: swapped.data };
  const weights = { kernel: own, ...(bias !== null && { bias }) };
  const type = `conv${axes}d_transpose`;
  const { name } = node;
  const apply = (x: Value) =>
    context.writer.add(type, axes === 1 ? { ...options, kernel_size: window[0] } : options, [x], {
      name,
      weights,
    });
  return written(context.axes.gridded(laid, axes === 1 ? [2] : [2, 3], [1], apply, name));
};

/** The factors of the pixels' axes: given as such, or by the sizes of the output. @throws Unsupported */
function factorsOf({ axes }: Laid, scales: readonly number[], sizes: readonly number[]): readonly number[] {
  const all = scales.length > 0 ? scales : sizes.map((size, i) => size / (axes[i]?.size ?? 1));
  const [, channels, ...factors] = all;
  if (channels !== 1 || factors.some((factor) => !Number.isInteger(factor) || factor < 1))
    throw new Unsupported(`it resizes by ${factors.join(', ')}`, 'whole factors from 1 on');
  return factors;
}

/** Nearest: floor(i/factor), which is what every rule gives at whole factors but for those that count from the middle upwards. */
const resize: ConvertNode = (node, context) => {
  const laid = context.laid(node.inputs[0]);
  const rank = laid.axes.length;
  const numbers = (index: number) => [...(context.constant(node.inputs[index])?.data ?? [])];
  const isOld = node.op === 'Upsample' || node.inputs.length === 2;
  const factors = factorsOf(laid, numbers(isOld ? 1 : 2), numbers(3));
  const mode = node.text('mode', 'nearest');
  const place = node.text('coordinate_transformation_mode', isOld ? 'asymmetric' : 'half_pixel');
  const rounding = node.text('nearest_mode', isOld ? 'floor' : 'round_prefer_floor');
  const isNearest =
    mode === 'nearest' &&
    ((place === 'asymmetric' && rounding === 'floor') ||
      (['half_pixel', 'pytorch_half_pixel'].includes(place) && rounding.startsWith('round')));
  const isAligned = place === 'align_corners';
  const isLinear =
    mode === 'linear' && rank === 4 && (isAligned || ['half_pixel', 'pytorch_half_pixel'].includes(place));
  if (!isNearest && !isLinear)
    throw new Unsupported(
      `it resizes by ${mode}, ${place}`,
      'nn.Upsample(mode="nearest"), or mode="bilinear"',
    );
  const { name } = node;
  const [type, size] = rank === 4 ? ['up_sampling2d', factors] : ['up_sampling1d', factors[0]];
  const apply = (x: Value) =>
    context.writer.add(
      type,
      {
        size,
        ...(isLinear && { interpolation: 'bilinear' }),
        ...(isLinear && isAligned && { align_corners: true }),
      },
      [x],
      { name },
    );
  return written(context.axes.gridded(laid, rank === 4 ? [2, 3] : [2], [1], apply, name));
};

export const resampling: Readonly<Record<string, ConvertNode>> = {
  ConvTranspose: convTranspose,
  Resize: resize,
  Upsample: resize,
};
