/** @file What pooling layers share: options, padding, code. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { LayerCode } from './layer.ts';
import {
  alongAxes,
  checkImage,
  type Extent,
  paddingOf,
  paddingOption,
  pairOption,
  type WindowOptions,
} from './window.ts';

/** Why no theory reaches pooling. */
export const POOLING_THEORY = 'pooling depends on the correlation between positions';

export const poolingOptions = {
  pool_size: pairOption('Size of the window').default(2),
  stride: pairOption('Pixels from one position to the next')
    .nullable()
    .default(null)
    .describe('Default: the pool size'),
  padding: paddingOption,
};

export interface PoolingOptions {
  readonly pool_size: Extent;
  readonly stride: Extent | null;
  readonly padding: 'valid' | 'same';
}

export const poolingWindow = ({ pool_size, stride, padding }: PoolingOptions): WindowOptions => ({
  window: alongAxes(pool_size, 2),
  stride: alongAxes(stride ?? pool_size, 2),
  dilation: [1, 1],
  padding,
});

/** x with `value` around it, as the window asks. */
export function surround(g: GraphBuilder, x: Tensor, window: WindowOptions, value: number): Tensor {
  checkImage(g, x);
  const { before, after } = paddingOf(x.shape.slice(2), window);
  const [first, last] = [
    [0, 0, ...before],
    [0, 0, ...after],
  ];
  if (value === 0 || [...before, ...after].every((n) => n === 0)) return c.pad(g, x, first, last);
  // Padding is with zeros, so what is padded is told apart by ones that are padded as well.
  const inside = c.pad(g, c.expand(g, g.constant(1), [1, 1, ...x.shape.slice(2)]), first, last);
  return c.where(g, c.greater(g, inside, g.constant(0)), c.pad(g, x, first, last), g.constant(value));
}

const tuple = (values: readonly number[]): string =>
  values.every((value) => value === values[0]) ? String(values[0]) : `(${values.join(', ')})`;

/** @param name of the class in both libraries, without the dimension */
export function poolingCode(
  name: { readonly pytorch: string; readonly keras: string },
  options: PoolingOptions,
  size: readonly number[],
  padding: { readonly value: string; readonly argument: string },
): LayerCode {
  const window = poolingWindow(options);
  const { before, after } = paddingOf(size, window);
  const ends = before
    .map((n, axis) => [n, after[axis]])
    .toReversed()
    .flat();
  const padded = ends.some((n) => n !== 0);
  const even = before.every((n, axis) => n === after[axis]);
  const argument = padded && even ? `, padding=${tuple(before)}${padding.argument}` : '';
  return {
    pytorch: [
      ...(padded && !even ? [`nn.ConstantPad2d((${ends.join(', ')}), ${padding.value})`] : []),
      `nn.${name.pytorch}(${tuple(window.window)}, stride=${tuple(window.stride)}${argument})`,
    ],
    keras: [
      `layers.${name.keras}(${tuple(window.window)}, strides=${tuple(window.stride)}, padding="${options.padding}", data_format="channels_first")`,
    ],
  };
}
