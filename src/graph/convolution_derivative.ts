/** @file The gradient of a convolution in its kernel: windows of the input as one matrix, times the output's gradient. */
import * as c from './calculus.ts';
import type { GraphBuilder } from './graph.ts';
import type { Convolution, Shape, Tensor } from './nodes.ts';
import { sizeOf } from './operators.ts';

/** Every multi-index of a shape, row-major. */
const offsetsOf = (window: Shape): number[][] =>
  window.reduce<number[][]>(
    (offsets, size) => offsets.flatMap((offset) => [...Array(size).keys()].map((i) => [...offset, i])),
    [[]],
  );

/** [batch, channels, …] → [channels, batch, …] */
const channelsFirst = (g: GraphBuilder, x: Tensor): Tensor =>
  c.transpose(g, x, [1, 0, ...[...x.shape.keys()].slice(2)]);

/** The elements of x [groups, channels, batch, …size] that lie under one offset of the window: one row a channel. */
function under(
  g: GraphBuilder,
  x: Tensor,
  offset: readonly number[],
  positions: Shape,
  conv: Convolution,
): Tensor {
  const cut = offset.reduce((rest, at, axis) => {
    const [step, start] = [conv.strides[axis] as number, at * (conv.dilations[axis] as number)];
    return c.slice(g, rest, { axis: axis + 3, start, step, count: positions[axis] as number });
  }, x);
  return c.reshape(g, cut, [...x.shape.slice(0, 2), sizeOf(cut.shape.slice(2))]);
}

/**
 * dW[o, i, k] = Σ dy[n, o, p] · x[n, i, p·stride + k·dilation − before]
 * @param x [batch, in, …size]
 * @param dy [batch, out, …positions]
 * @param kernelShape [out, in/groups, …window]
 */
export function kernelGradient(
  g: GraphBuilder,
  x: Tensor,
  dy: Tensor,
  kernelShape: Shape,
  conv: Convolution,
): Tensor {
  const { groups, before, after } = conv;
  const [out, inner, ...window] = kernelShape as [number, number, ...number[]];
  const positions = dy.shape.slice(2);
  const padded = c.pad(g, channelsFirst(g, x), [0, 0, ...before], [0, 0, ...after]);
  const grouped = c.reshape(g, padded, [groups, inner, ...padded.shape.slice(1)]);
  const offsets = offsetsOf(window);
  const columns = c.concat(
    g,
    offsets.map((offset) => under(g, grouped, offset, positions, conv)),
    1,
  );
  const rows = channelsFirst(g, dy);
  const count = sizeOf(rows.shape.slice(1));
  const product =
    groups === 1
      ? c.gemm(
          g,
          c.reshape(g, rows, [out, count]),
          c.reshape(g, columns, columns.shape.slice(1)),
          false,
          true,
        )
      : c.matMul(g, c.reshape(g, rows, [groups, out / groups, count]), c.transpose(g, columns, [0, 2, 1]));
  const apart = c.reshape(g, product, [out, offsets.length, inner]);
  return c.reshape(g, c.transpose(g, apart, [0, 2, 1]), kernelShape);
}
