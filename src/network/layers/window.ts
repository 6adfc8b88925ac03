/** @file Windows that slide over sequences and images: their options, and the padding that follows from them. */
import { z } from 'zod';
import { type Convolution, calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import type { LayerCode } from './layer.ts';

const MAX_WINDOW = 64;

const extent = z.int().min(1).max(MAX_WINDOW);
const pair = z.union([extent, list(extent).length(2)]);

const triple = z.union([extent, list(extent).length(3)]);

const padded = z.int().min(0).max(MAX_WINDOW);
const ends = list(padded).length(2);
const byName = z.enum(['valid', 'same']);
const NAMED =
  '"same": zeros around, so that ⌈size/stride⌉ positions result, the odd one at the end; "valid": none;';

/** For sequences. */
export const timePaddingOption = z
  .union([byName, padded, ends])
  .default('valid')
  .describe(`${NAMED} a number: so many at both ends; [before, after]`);
/** For images. */
export const imagePaddingOption = z
  .union([byName, padded, ends, list(ends).length(2)])
  .default('valid')
  .describe(`${NAMED} a number: so many on each side; [height, width]; [[top, bottom], [left, right]]`);
/** For sequences of images. */
export const volumePaddingOption = z
  .union([byName, padded, list(padded).length(3), list(ends).length(3)])
  .default('valid')
  .describe(`${NAMED} a number: so many on each side; [time, height, width]; both ends of each`);
/** What `zero_padding` layers take. */
export const timeZerosOption = z.union([padded, ends]);
export const imageZerosOption = z.union([padded, ends, list(ends).length(2)]);

/** Zeros around: a number for all ends; of sequences [before, after]; of images [height, width], or both ends of each. */
export type Zeros = number | readonly number[] | readonly (readonly number[])[];
export type Padding = 'valid' | 'same' | Zeros;

/** One number, or one for height and one for width. */
export const pairOption = (description: string) =>
  pair.describe(`${description}: one number, or [height, width]`);
/** One number, or one for time, height and width. */
export const tripleOption = (description: string) =>
  triple.describe(`${description}: one number, or [time, height, width]`);
export const extentOption = (description: string) => extent.describe(description);
export const groupsOption = z
  .int()
  .min(1)
  .max(65_536)
  .default(1)
  .describe(
    'Number of groups into which channels and filters are split; each group of filters sees only its own channels',
  );

/** For convolutions over time. */
export const timeWindowOptions = {
  kernel_size: extentOption('Time steps under the kernel'),
  stride: extentOption('Time steps from one position to the next').default(1),
  dilation: extentOption('Time steps between neighbouring elements of the kernel').default(1),
};

/** For convolutions over images. */
export const imageWindowOptions = {
  kernel_size: pairOption('Size of the kernel'),
  stride: pairOption('Pixels from one position to the next').default(1),
  dilation: pairOption('Pixels between neighbouring elements of the kernel').default(1),
};

/** For convolutions over sequences of images. */
export const volumeWindowOptions = {
  kernel_size: tripleOption('Size of the kernel'),
  stride: tripleOption('Elements from one position to the next').default(1),
  dilation: tripleOption('Elements between neighbouring elements of the kernel').default(1),
};

export type Extent = number | readonly number[];

export const alongAxes = (extents: Extent, axes: number): number[] =>
  typeof extents === 'number' ? Array(axes).fill(extents) : [...extents];

export interface WindowOptions {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
}

interface TimeWindow {
  readonly kernel_size: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: Padding;
}

export const timeWindow = ({ kernel_size, stride, dilation, padding }: TimeWindow): WindowOptions => ({
  window: [kernel_size],
  stride: [stride],
  dilation: [dilation],
  padding,
});

interface ImageWindow {
  readonly kernel_size: Extent;
  readonly stride: Extent;
  readonly dilation: Extent;
  readonly padding: Padding;
}

const windowAlong =
  (axes: number) =>
  ({ kernel_size, stride, dilation, padding }: ImageWindow): WindowOptions => ({
    window: alongAxes(kernel_size, axes),
    stride: alongAxes(stride, axes),
    dilation: alongAxes(dilation, axes),
    padding,
  });

export const imageWindow = windowAlong(2);
export const volumeWindow = windowAlong(3);

/** The window of a convolution that sees one pixel at a time. */
export const pointWindow: WindowOptions = {
  window: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  padding: 'valid',
};

/** [before, after] of every axis. */
function endsOf(zeros: Zeros, axes: number): [number, number][] {
  if (typeof zeros === 'number') return Array.from({ length: axes }, () => [zeros, zeros]);
  const sides = axes === 1 ? [zeros as readonly number[]] : zeros;
  return sides.map((side) =>
    typeof side === 'number' ? [side, side] : [side[0] as number, side[1] as number],
  );
}

/** Zeros that are asked for by number, before and after each axis. */
export function zerosOf(zeros: Zeros, axes: number): { before: number[]; after: number[] } {
  const both = endsOf(zeros, axes);
  return { before: both.map(([before]) => before), after: both.map(([, after]) => after) };
}

/** Padding before and after each axis. "same": total = (⌈size/stride⌉ − 1) stride + dilation (window − 1) + 1 − size, at least 0. */
export function paddingOf(
  size: readonly number[],
  { window, stride, dilation, padding }: WindowOptions,
): { before: number[]; after: number[] } {
  if (padding !== 'valid' && padding !== 'same') return zerosOf(padding, size.length);
  const totals = size.map((length, axis) => {
    if (padding === 'valid') return 0;
    const [s, reach] = [
      stride[axis] as number,
      (dilation[axis] as number) * ((window[axis] as number) - 1) + 1,
    ];
    return Math.max(0, (Math.ceil(length / s) - 1) * s + reach - length);
  });
  return { before: totals.map((total) => total >> 1), after: totals.map((total) => total - (total >> 1)) };
}

export const convolutionOf = (
  size: readonly number[],
  options: WindowOptions,
  groups: number,
): Convolution => ({
  strides: options.stride,
  dilations: options.dilation,
  ...paddingOf(size, options),
  groups,
});

/** Refuses anything but [channels, height, width]. */
export function checkImage(g: GraphBuilder, x: Tensor): void {
  if (x.shape.length !== 4)
    g.refuse(`takes images [channels, height, width], not [${x.shape.slice(1).join(', ')}]`);
}

/** Refuses anything but [time, features]. */
export function checkSequence(g: GraphBuilder, x: Tensor): void {
  if (x.shape.length !== 3)
    g.refuse(`takes sequences [time, features], not [${x.shape.slice(1).join(', ')}]`);
}

/** Refuses anything but [time, channels, height, width]. */
export function checkVolume(g: GraphBuilder, x: Tensor): void {
  if (x.shape.length !== 5)
    g.refuse(
      `takes sequences of images [time, channels, height, width], not [${x.shape.slice(1).join(', ')}]`,
      x.shape.length === 4
        ? 'put { "type": "reshape" } before it; the depth of a volume stands where time does'
        : undefined,
    );
}

/** Both libraries have the channels before the time. */
export const channelsFirst = ({ pytorch, keras }: LayerCode): LayerCode => ({
  pytorch: ['Transpose(1, 2)', ...pytorch, 'Transpose(1, 2)'],
  keras: ['layers.Permute((2, 1, 3, 4))', ...keras, 'layers.Permute((2, 1, 3, 4))'],
});

/** [batch, time, channels, height, width] ⇄ [batch, channels, time, height, width] */
export const swapChannels = (g: GraphBuilder, x: Tensor): Tensor => c.transpose(g, x, [0, 2, 1, 3, 4]);

/** Without the batch: [time, height, width]. */
export const volumeSize = ([time = 1, , height = 1, width = 1]: readonly number[]): number[] => [
  time,
  height,
  width,
];

/** PyTorch has the features of a sequence before the time, Keras has not. */
export const featuresFirst = ({ pytorch, keras }: LayerCode): LayerCode => ({
  pytorch: ['Transpose(1, 2)', ...pytorch, 'Transpose(1, 2)'],
  keras,
});

/** [batch, time, features] ⇄ [batch, features, time] */
export const swapTime = (g: GraphBuilder, x: Tensor): Tensor => c.transpose(g, x, [0, 2, 1]);

/**
 * The elements of every window, offset by offset, row-major: tensors [batch, channels, …positions].
 * @param x [batch, channels, …size], padded already
 */
export function windowElements(g: GraphBuilder, x: Tensor, { window, stride }: WindowOptions): Tensor[] {
  return window.reduce<Tensor[]>(
    (cuts, length, index) => {
      const axis = index + 2;
      const step = stride[index] as number;
      const count = Math.floor(((x.shape[axis] as number) - length) / step) + 1;
      if (count < 1) g.refuse(`a window of ${length} does not fit into ${x.shape[axis]}`);
      return cuts.flatMap((cut) =>
        length === step
          ? c.deal(g, cut, axis, length)
          : [...Array(length).keys()].map((start) => c.slice(g, cut, { axis, start, step, count })),
      );
    },
    [x],
  );
}
