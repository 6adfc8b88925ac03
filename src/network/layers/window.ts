/** @file Windows that slide over sequences and images: their options, and the padding that follows from them. */
import { z } from 'zod';
import { type Convolution, calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';

const MAX_WINDOW = 64;

const extent = z.int().min(1).max(MAX_WINDOW);
const pair = z.union([extent, z.array(extent).length(2)]);

export const paddingOption = z
  .enum(['valid', 'same'])
  .default('valid')
  .describe(
    '"same": zeros around, so that ⌈size/stride⌉ positions result, the odd one at the end; "valid": none',
  );

/** One number, or one for height and one for width. */
export const pairOption = (description: string) =>
  pair.describe(`${description}: one number, or [height, width]`);
export const extentOption = (description: string) => extent.describe(description);
export const groupsOption = z
  .int()
  .min(1)
  .max(65_536)
  .default(1)
  .describe('Channels and filters are split into so many groups that do not see each other');

export type Extent = number | readonly number[];

export const alongAxes = (extents: Extent, axes: number): number[] =>
  typeof extents === 'number' ? Array(axes).fill(extents) : [...extents];

export interface WindowOptions {
  readonly window: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: 'valid' | 'same';
}

/** Padding before and after each axis: total = (⌈size/stride⌉ − 1) stride + dilation (window − 1) + 1 − size, at least 0. */
export function paddingOf(
  size: readonly number[],
  { window, stride, dilation, padding }: WindowOptions,
): { before: number[]; after: number[] } {
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
        [...Array(length).keys()].map((start) => c.slice(g, cut, { axis, start, step, count })),
      );
    },
    [x],
  );
}
