/** @file How the units of a convolution are connected: the fans of the mean-field theory, padding counted. */
import { paddingOf, type WindowOptions } from '../layers/window.ts';
import { sizeOf } from './signal.ts';

export interface Connections {
  /** The output's, without the batch. */
  readonly shape: readonly number[];
  /** Inputs of an output element that are not padding, on average. */
  readonly fanIn: number;
  /** Outputs that an input element is used in, on average. */
  readonly fanOut: number;
  /** Numbers in the kernel. */
  readonly elements: number;
  /** The kernel meets one position only, so that its gradient needs no correlation between positions. */
  readonly perPosition: boolean;
}

interface Options {
  readonly filters: number;
  readonly groups: number;
  readonly window: WindowOptions;
}

/** How many pairs of input and window element meet along one axis, when the window stands at `positions` places. */
function met(size: number, axis: number, positions: number, before: number, window: WindowOptions): number {
  const [length, step, reach] = [window.window, window.stride, window.dilation].map(
    (extents) => extents[axis] as number,
  ) as [number, number, number];
  let count = 0;
  for (let p = 0; p < positions; p++) {
    for (let k = 0; k < length; k++) {
      const at = p * step + k * reach - before;
      if (at >= 0 && at < size) count++;
    }
  }
  return count;
}

interface Placed {
  readonly channels: number;
  readonly size: readonly number[];
  /** A shape of this size, with so many channels. */
  shaped(channels: number, size: readonly number[]): number[];
}

function placed(shape: readonly number[]): Placed {
  const image = shape.length === 3;
  return {
    channels: (image ? shape[0] : shape.at(-1)) ?? 1,
    size: image ? shape.slice(1) : shape.slice(0, -1),
    shaped: (channels, size) => (image ? [channels, ...size] : [...size, channels]),
  };
}

/** The connections of convolutions over [time, channels] and [channels, height, width]. */
export function convolutionConnections(
  { filters, groups, window }: Options,
  shape: readonly number[],
): Connections {
  const { channels, size, shaped } = placed(shape);
  const { before, after } = paddingOf(size, window);
  const positions = size.map((length, axis) => {
    const extent = (window.dilation[axis] as number) * ((window.window[axis] as number) - 1) + 1;
    const room = length + (before[axis] as number) + (after[axis] as number) - extent;
    return Math.floor(room / (window.stride[axis] as number)) + 1;
  });
  const all = sizeOf(
    size.map((length, axis) => met(length, axis, positions[axis] as number, before[axis] as number, window)),
  );
  const inner = channels / groups;
  return {
    shape: shaped(filters, positions),
    fanIn: (inner * all) / sizeOf(positions),
    fanOut: ((filters / groups) * all) / sizeOf(size),
    elements: filters * inner * sizeOf(window.window),
    perPosition: sizeOf(positions) === 1,
  };
}

/**
 * The connections of a transposed convolution: every input stands at a place of the window.
 * @param size of the output
 * @param before what is cut off in front
 */
export function transposedConnections(
  { filters, groups, window }: Options,
  shape: readonly number[],
  size: readonly number[],
  before: readonly number[],
): Connections {
  const { channels, size: positions, shaped } = placed(shape);
  const all = sizeOf(
    size.map((length, axis) => met(length, axis, positions[axis] as number, before[axis] as number, window)),
  );
  const inner = channels / groups;
  return {
    shape: shaped(filters, size),
    fanIn: (inner * all) / sizeOf(size),
    fanOut: ((filters / groups) * all) / sizeOf(positions),
    elements: filters * inner * sizeOf(window.window),
    perPosition: sizeOf(positions) === 1,
  };
}
