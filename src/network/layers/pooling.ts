/** @file What pooling layers share: options, padding, the windows' largest and mean elements, code. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { tuple } from './convolution.ts';
import type { LayerCode } from './layer.ts';
import {
  alongAxes,
  type Extent,
  extentOption,
  imagePaddingOption,
  type Padding,
  paddingOf,
  pairOption,
  timePaddingOption,
  tripleOption,
  volumePaddingOption,
  type WindowOptions,
  windowElements,
} from './window.ts';

/** Why no theory reaches pooling. */
export const POOLING_THEORY = 'pooling depends on the correlation between positions';

const orPoolSize = <T extends z.ZodType>(extent: T) =>
  z.nullable(extent).default(null).describe('Default: the pool size');

export const imagePoolingOptions = {
  pool_size: pairOption('Size of the window').default(2),
  stride: orPoolSize(pairOption('Pixels from one position to the next')),
  padding: imagePaddingOption,
};

export const volumePoolingOptions = {
  pool_size: tripleOption('Size of the window').default(2),
  stride: orPoolSize(tripleOption('Elements from one position to the next')),
  padding: volumePaddingOption,
};

export const timePoolingOptions = {
  pool_size: extentOption('Time steps under the window').default(2),
  stride: orPoolSize(extentOption('Time steps from one position to the next')),
  padding: timePaddingOption,
};

interface PoolingOptions {
  readonly pool_size: Extent;
  readonly stride: Extent | null;
  readonly padding: Padding;
}

/** @param axes 1 for sequences, 2 for images, 3 for sequences of images */
export const poolingWindow = (
  { pool_size, stride, padding }: PoolingOptions,
  axes: number,
): WindowOptions => ({
  window: alongAxes(pool_size, axes),
  stride: alongAxes(stride ?? pool_size, axes),
  dilation: Array(axes).fill(1),
  padding,
});

/** x with `value` around it, as the window asks. */
function surround(g: GraphBuilder, x: Tensor, window: WindowOptions, value: number): Tensor {
  const { before, after } = paddingOf(x.shape.slice(2), window);
  const widest = Math.max(
    ...before.map((n, axis) => Math.max(n, after[axis] as number) - (window.window[axis] as number)),
  );
  if (widest >= 0) g.refuse('a window would hold nothing but padding: pad by less than the pool size');
  const [first, last] = [
    [0, 0, ...before],
    [0, 0, ...after],
  ];
  if (value === 0 || [...before, ...after].every((n) => n === 0)) return c.pad(g, x, first, last);
  // Padding is with zeros, so what is padded is told apart by ones that are padded as well.
  const inside = c.pad(g, c.expand(g, g.constant(1), [1, 1, ...x.shape.slice(2)]), first, last);
  return c.where(g, c.greater(g, inside, g.constant(0)), c.pad(g, x, first, last), g.constant(value));
}

/** The largest element of every window of x [batch, channels, …size]; the gradient goes to the first of equal ones. */
export function largest(g: GraphBuilder, x: Tensor, window: WindowOptions): Tensor {
  const elements = windowElements(g, surround(g, x, window, Number.NEGATIVE_INFINITY), window);
  // A later element has to be larger to take the place of an earlier one.
  return elements.reduce((most, next) => c.where(g, c.greater(g, next, most), next, most)) as Tensor;
}

/**
 * The largest of the last axis of x [batch, features, n], the first of equal ones: neighbours against each other, round by
 * round, so that what is compared is always in order.
 * @returns [batch, features]
 */
export function largestOfAll(g: GraphBuilder, x: Tensor): Tensor {
  const [batch = 1, features = 1, count = 1] = x.shape;
  if (count === 1) return c.reshape(g, x, [batch, features]);
  const [left, right] = c.deal(g, x, 2, 2) as [Tensor, Tensor];
  const winners = c.where(g, c.greater(g, right, left), right, left);
  if (count % 2 === 0) return largestOfAll(g, winners);
  const last = c.slice(g, x, { axis: 2, start: count - 1, step: 1, count: 1 });
  return largestOfAll(g, c.concat(g, [winners, last], 2));
}

const total = (g: GraphBuilder, x: Tensor, window: WindowOptions): Tensor =>
  windowElements(g, surround(g, x, window, 0), window).reduce((a, b) => c.add(g, a, b));

/** The mean of every window of x [batch, channels, …size], padding left out. */
export function mean(g: GraphBuilder, x: Tensor, window: WindowOptions): Tensor {
  const sum = total(g, x, window);
  if (window.padding === 'valid')
    return c.mul(g, sum, g.constant(1 / window.window.reduce((size, length) => size * length, 1)));
  const ones = c.expand(g, g.constant(1), [1, 1, ...x.shape.slice(2)]);
  return c.div(g, sum, total(g, ones, window));
}

interface PoolingNames {
  /** Without the dimension. */
  readonly pytorch: string;
  readonly keras: string;
  /** What stands in the padding. */
  readonly value: string;
  /** Of the PyTorch module, where it pads. */
  readonly argument: string;
}

export const MAX_CODE: PoolingNames = {
  pytorch: 'MaxPool',
  keras: 'MaxPooling',
  value: 'float("-inf")',
  argument: '',
};
export const AVERAGE_CODE: PoolingNames = {
  pytorch: 'AvgPool',
  keras: 'AveragePooling',
  value: '0.0',
  argument: ', count_include_pad=False',
};

/** @param size of the input's time or height and width */
export function poolingCode(
  names: PoolingNames,
  options: PoolingOptions,
  size: readonly number[],
): LayerCode {
  const axes = size.length;
  const window = poolingWindow(options, axes);
  const { before, after } = paddingOf(size, window);
  const padded = [...before, ...after].some((n) => n !== 0);
  const [extents, strides] = [tuple(window.window), tuple(window.stride)];
  // PyTorch pads both ends alike, by half the window at most, and wants volumes as large as the window before that.
  const even = before.every((n, axis) => {
    const length = window.window[axis] as number;
    return n === after[axis] && 2 * n <= length && (axes < 3 || (size[axis] as number) >= length);
  });
  const own = padded && even ? `, padding=${tuple(before)}${names.argument}` : '';
  const torch = `nn.${names.pytorch}${axes}d(${extents}, stride=${strides}${own})`;
  const format = axes > 1 ? ', data_format="channels_first"' : '';
  const pads = before.map((n, axis) => `(${n}, ${after[axis]})`);
  const byNumber = options.padding !== 'valid' && options.padding !== 'same';
  const keras = (padding: string) =>
    `layers.${names.keras}${axes}D(${extents}, strides=${strides}, padding="${padding}"${format})`;
  const torchPads = before.map((n, axis) => `${n}, ${after[axis]}`).toReversed();
  const averaged = names === AVERAGE_CODE;
  const around = axes === 1 ? `[(0, 0), ${pads[0]}, (0, 0)]` : `[(0, 0), (0, 0), ${pads.join(', ')}]`;
  return {
    pytorch:
      padded && !even
        ? [`Padded(${torch}, (${torchPads.join(', ')}), ${names.value}${averaged ? ', counted=False' : ''})`]
        : [torch],
    keras:
      byNumber && padded
        ? [`Padded(${keras('valid')}, ${around}, ${names.value}${averaged ? ', counted=False' : ''})`]
        : [keras(byNumber ? 'valid' : (options.padding as string))],
  };
}
