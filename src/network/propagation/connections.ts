/** @file How the units of a convolution are connected: the fans of the mean-field theory, padding counted. */
import { sizeOf } from './signal.ts';

export interface Connections {
  /** Of the output, without the batch. */
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
  readonly padding: 'valid' | 'same';
  readonly kernel_size: number | readonly number[];
  readonly stride: number | readonly number[];
  readonly dilation: number | readonly number[];
}

const along = (extent: number | readonly number[], axis: number): number =>
  typeof extent === 'number' ? extent : (extent[axis] ?? 1);

/** Positions along one axis, and how many inputs their windows meet in all. */
function axisOf(size: number, axis: number, { kernel_size, stride, dilation, padding }: Options) {
  const [window, step, reach] = [along(kernel_size, axis), along(stride, axis), along(dilation, axis)];
  const extent = reach * (window - 1) + 1;
  const positions = padding === 'same' ? Math.ceil(size / step) : Math.floor((size - extent) / step) + 1;
  const total = padding === 'same' ? Math.max(0, (positions - 1) * step + extent - size) : 0;
  const before = Math.floor(total / 2);
  let met = 0;
  for (let p = 0; p < positions; p++) {
    for (let k = 0; k < window; k++) {
      const at = p * step + k * reach - before;
      if (at >= 0 && at < size) met++;
    }
  }
  return { positions, met, window };
}

/** Of `conv1d` [time, channels] and `conv2d` [channels, height, width]. */
export function convolutionConnections(options: Options, shape: readonly number[]): Connections {
  const image = shape.length === 3;
  const channels = (image ? shape[0] : shape.at(-1)) ?? 1;
  const size = image ? shape.slice(1) : shape.slice(0, -1);
  const axes = size.map((length, axis) => axisOf(length, axis, options));
  const positions = axes.map((axis) => axis.positions);
  const met = sizeOf(axes.map((axis) => axis.met));
  const inner = channels / options.groups;
  const { filters, groups } = options;
  return {
    shape: image ? [filters, ...positions] : [...positions, filters],
    fanIn: (inner * met) / sizeOf(positions),
    fanOut: ((filters / groups) * met) / sizeOf(size),
    elements: filters * inner * sizeOf(axes.map((axis) => axis.window)),
    perPosition: sizeOf(positions) === 1,
  };
}
