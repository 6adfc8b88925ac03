/** @file The gradient of a convolution in its kernel: windows of the input as matrices, times the output's gradient. */
import * as c from './calculus.ts';
import { GraphBuilder } from './graph.ts';
import type { Convolution, Node, Shape, Tensor } from './nodes.ts';
import { sizeOf } from './operators.ts';

/** Every multi-index of a shape, row-major. */
const offsetsOf = (window: Shape): number[][] =>
  window.reduce<number[][]>(
    (offsets, size) => offsets.flatMap((offset) => [...Array(size).keys()].map((i) => [...offset, i])),
    [[]],
  );

/** [batch, channels, rows, …] → [channels, rows, batch, …]: all samples' elements of some rows lie side by side. */
const rowsOutside = (g: GraphBuilder, x: Tensor): Tensor =>
  c.transpose(g, x, [1, 2, 0, ...[...x.shape.keys()].slice(3)]);

/**
 * What products cost, in multiply-adds of float32: the second factor is packed, sixteen rows side by side, and every row of the
 * first meets all of them. Measured with ONNX Runtime 1.30 at 1 to 128 channels on AVX2.
 */
const LANES = 16;
const PACKING = 9;
/** Of each number of a product that is read against its order. */
const TURNING = 27;

/** Of a · bᵀ, [m, k] and [n, k]. */
const productCost = (m: number, n: number, k: number): number =>
  k * Math.ceil(n / LANES) * LANES * (m + PACKING);

/** a · bᵀ of the last two axes, [groups, m, k] and [groups, n, k]. */
function product(g: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  const [groups, m, k] = a.shape as [number, number, number];
  const n = b.shape[1] as number;
  if (groups !== 1) return c.matMul(g, a, c.transpose(g, b, [0, 2, 1]));
  return c.reshape(g, c.gemm(g, c.reshape(g, a, [m, k]), c.reshape(g, b, [n, k]), false, true), [1, m, n]);
}

/** To how many the neighbours along an axis are dealt, so that windows a stride apart are stretches: all of them are to be read. */
const dealsOf = (length: number, stride: number, dilation: number): number =>
  dilation === 1 && length >= stride ? stride : 1;

/**
 * dW[o, i, k] = Σ dy[n, o, p] · x[n, i, p·stride + k·dilation − before]
 *
 * With the rows of an image outside of the batch, the windows of one row of the kernel are one stretch of memory for each
 * column of the kernel and channel. So x is copied once for every column of the kernel, and of that a stretch for every row,
 * where cutting out each window by itself takes a copy in small pieces for each element of the kernel.
 * @param x [batch, in, …size]
 * @param dy [batch, out, …positions]
 * @param kernelShape [out, in/groups, …window]
 */
function kernelGradient(
  g: GraphBuilder,
  x: Tensor,
  dy: Tensor,
  kernelShape: Shape,
  { groups, before, after, strides, dilations }: Convolution,
): Tensor {
  const [out, inner, rows, ...columns] = kernelShape as [number, number, number, ...number[]];
  const [positions, ...within] = dy.shape.slice(2) as [number, ...number[]];
  const ends = ([first = 0, ...others]: readonly number[]) => [0, first, 0, ...others];
  const dealt = columns.map((length, i) =>
    dealsOf(length, strides[i + 1] as number, dilations[i + 1] as number),
  );
  // Neighbours are dealt to as many as there are: with zeros that nobody reads the last ones are whole as well.
  const more = dealt.map((n, i) => {
    const width = (x.shape[i + 3] as number) + (before[i + 1] as number) + (after[i + 1] as number);
    return (n - (width % n)) % n;
  });
  const [below = 0, ...right] = after;
  const padded = c.pad(
    g,
    rowsOutside(g, x),
    ends(before),
    ends([below, ...right.map((n, i) => n + (more[i] as number))]),
  );
  // [groups, in/groups, rows, batch, …]
  const grouped = c.reshape(g, padded, [groups, inner, ...padded.shape.slice(1)]);
  const shifted = offsetsOf(columns).map((offset) =>
    offset.reduce((rest, at, i) => {
      const [n, first] = [dealt[i] as number, at * (dilations[i + 1] as number)];
      const one = c.deal(g, rest, i + 4, n)[first % n] as Tensor;
      const step = (strides[i + 1] as number) / n;
      return c.slice(g, one, { axis: i + 4, start: Math.floor(first / n), step, count: within[i] as number });
    }, grouped),
  );
  const wide = shifted.length * inner;
  const joined = c.concat(g, shifted, 1);
  const turned = rowsOutside(g, dy);
  const count = sizeOf(turned.shape.slice(1));
  const gradient = c.reshape(g, turned, [groups, out / groups, count]);
  const windows = [...Array(rows).keys()].map((row) => {
    const [step, start] = [strides[0] as number, row * (dilations[0] as number)];
    const cut = c.slice(g, joined, { axis: 2, start, step, count: positions });
    return c.reshape(g, cut, [groups, wide, count]);
  });
  const filters = out / groups;
  const turnedCost = productCost(wide, filters, count) + TURNING * wide * filters;
  const inOrder = productCost(filters, wide, count) <= turnedCost;
  const products = windows.map((window) =>
    inOrder ? product(g, gradient, window) : product(g, window, gradient),
  );
  const all = c.concat(g, products, inOrder ? 2 : 1);
  const offsets = rows * shifted.length;
  const apart = inOrder
    ? c.transpose(g, c.reshape(g, all, [groups, filters, offsets, inner]), [0, 1, 3, 2])
    : c.transpose(g, c.reshape(g, all, [groups, offsets, inner, filters]), [0, 3, 2, 1]);
  return c.reshape(g, apart, kernelShape);
}

/** A `KernelGradient` by operators that ONNX has. */
export function expandKernelGradient({ inputs, attributes, output }: Node<'KernelGradient'>) {
  const g = new GraphBuilder();
  const [x, dy] = inputs.map(({ shape }, i) => g.input(`${i}`, shape)) as [Tensor, Tensor];
  const result = kernelGradient(g, x, dy, output.shape, attributes);
  return { nodes: g.nodes, inputs: [x, dy], output: result };
}
