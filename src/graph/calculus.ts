/** @file Tensor arithmetic by name: short forms of `GraphBuilder.apply`. */
import type { GraphBuilder } from './graph.ts';
import type { Convolution, Shape, SliceAttributes, Tensor } from './nodes.ts';
import { sizeOf } from './operators.ts';

type Unary =
  | 'Abs'
  | 'Cos'
  | 'Erf'
  | 'Exp'
  | 'Log'
  | 'Neg'
  | 'Relu'
  | 'Sigmoid'
  | 'Sin'
  | 'Softplus'
  | 'Sqrt'
  | 'Tanh';
type Binary = 'Add' | 'Div' | 'Max' | 'Min' | 'Mul' | 'Pow' | 'Sub';
type Comparison = 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual';

const unary = (operator: Unary) => (g: GraphBuilder, x: Tensor) => g.apply(operator, [x], {});

/** Works on the original instead of its stretched copies: the result is stretched afterwards, or by the other operand. */
const binary = (operator: Binary) => (g: GraphBuilder, a: Tensor, b: Tensor) => {
  const [one, other] = [g.before('Expand', a) ?? a, g.before('Expand', b) ?? b];
  if (one === a && other === b) return g.apply(operator, [a, b], {});
  return expand(g, g.apply(operator, [one, other], {}), g.infer(operator, [a, b], {}));
};

const comparison = (operator: Comparison) => (g: GraphBuilder, a: Tensor, b: Tensor) =>
  g.apply(operator, [a, b], {});

export const abs = unary('Abs');
export const cos = unary('Cos');
export const erf = unary('Erf');
export const exp = unary('Exp');
export const log = unary('Log');
export const neg = unary('Neg');
export const relu = unary('Relu');
export const sigmoid = unary('Sigmoid');
export const sin = unary('Sin');
export const softplus = unary('Softplus');
export const sqrt = unary('Sqrt');
export const tanh = unary('Tanh');

export const add = binary('Add');
export const div = binary('Div');
export const greater = comparison('Greater');
export const greaterOrEqual = comparison('GreaterOrEqual');
export const less = comparison('Less');
export const lessOrEqual = comparison('LessOrEqual');
export const matMul = (g: GraphBuilder, a: Tensor, b: Tensor): Tensor => g.apply('MatMul', [a, b], {});
export const max = binary('Max');
export const min = binary('Min');
export const mul = binary('Mul');
export const pow = binary('Pow');
export const sub = binary('Sub');

export const where = (g: GraphBuilder, condition: Tensor, a: Tensor, b: Tensor): Tensor =>
  g.apply('Where', [condition, a, b], {});

/** op(a) · op(b), op = transpose where asked; a [m, k], b [k, n] → [m, n]. */
export const gemm = (g: GraphBuilder, a: Tensor, b: Tensor, transA = false, transB = false): Tensor =>
  g.apply('Gemm', [a, b], { transA, transB });

/** op(a) · b + c, with c [n] added to every row. */
export const affine = (g: GraphBuilder, a: Tensor, b: Tensor, c: Tensor): Tensor =>
  g.apply('Gemm', [a, b, c], { transA: false, transB: false });

export const reshape = (g: GraphBuilder, x: Tensor, shape: Shape): Tensor =>
  x.shape.join() === shape.join() ? x : g.apply('Reshape', [x], { shape });

export const transpose = (g: GraphBuilder, x: Tensor, perm: readonly number[]): Tensor =>
  g.apply('Transpose', [x], { perm });

/** The tensors one after another along `axis`. */
export const concat = (g: GraphBuilder, xs: readonly Tensor[], axis: number): Tensor =>
  g.apply('Concat', xs, { axis });

/** Elements of one axis; the tensor itself where that is all of them. */
export const slice = (g: GraphBuilder, x: Tensor, { axis, start, step, count }: SliceAttributes): Tensor =>
  count === x.shape[axis] ? x : g.apply('Slice', [x], { axis, start, step, count });

/**
 * Every n-th element of an axis, from its first, second, … n-th on: n tensors of the same shape. Elements left over at the end are
 * in none. As neighbours on an axis of their own, which the runtime splits in one pass; it reads a slice with steps three times
 * as slowly.
 */
export function deal(g: GraphBuilder, x: Tensor, axis: number, n: number): Tensor[] {
  if (n === 1) return [x];
  const count = Math.floor((x.shape[axis] as number) / n);
  const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
  const whole = slice(g, x, { axis, start: 0, step: 1, count: n * count });
  const rows = reshape(g, whole, [...before, count, n, ...after]);
  return [...Array(n).keys()].map((start) => {
    const one = slice(g, rows, { axis: axis + 1, start, step: 1, count: 1 });
    return reshape(g, one, [...before, count, ...after]);
  });
}

/** Zeros before and after every axis. */
export const pad = (
  g: GraphBuilder,
  x: Tensor,
  before: readonly number[],
  after: readonly number[],
): Tensor => ([...before, ...after].every((n) => n === 0) ? x : g.apply('Pad', [x], { before, after }));

/** Cross-correlation of x [batch, in, …size] with kernels [out, in/groups, …window], plus bias [out]: [batch, out, …positions]. */
export const conv = (
  g: GraphBuilder,
  x: Tensor,
  kernel: Tensor,
  convolution: Convolution,
  bias?: Tensor,
): Tensor => g.apply('Conv', bias === undefined ? [x, kernel] : [x, kernel, bias], convolution);

/** The gradient of `conv` in its kernel [out, in/groups, …window], from x and the gradient at the result. */
export const kernelGradient = (
  g: GraphBuilder,
  x: Tensor,
  dy: Tensor,
  window: Shape,
  convolution: Convolution,
): Tensor => g.apply('KernelGradient', [x, dy], { ...convolution, window });

/** Rows of a table [rows, columns] at whole numbers: [… , columns]. */
export const gather = (g: GraphBuilder, table: Tensor, indices: Tensor): Tensor =>
  g.apply('Gather', [table, indices], {});

/** The elements of one axis in the opposite order. */
export function reverse(g: GraphBuilder, x: Tensor, axis: number): Tensor {
  const axes = [...x.shape.keys()];
  const others = axes.filter((other) => other !== axis);
  const size = x.shape[axis] as number;
  const first = transpose(g, x, [axis, ...others]);
  const rows = reshape(g, first, [size, sizeOf(x.shape) / size]);
  const order = g.tensor(
    [size],
    Float32Array.from({ length: size }, (_, i) => size - 1 - i),
  );
  const turned = reshape(g, gather(g, rows, order), first.shape);
  return transpose(
    g,
    turned,
    axes.map((at) => (at === axis ? 0 : 1 + others.indexOf(at))),
  );
}

export const softmax = (g: GraphBuilder, x: Tensor, axis: number): Tensor =>
  g.apply('Softmax', [x], { axis });
export const logSoftmax = (g: GraphBuilder, x: Tensor, axis: number): Tensor =>
  g.apply('LogSoftmax', [x], { axis });
export const stopGradient = (g: GraphBuilder, x: Tensor): Tensor => g.apply('StopGradient', [x], {});

/** Σ(−x) = −Σx: the sign of the sum costs less than that of every element. */
export function reduceSum(g: GraphBuilder, x: Tensor, axes: readonly number[], keepdims = false): Tensor {
  if (axes.length === 0) return x;
  const opposite = g.before('Neg', x);
  if (opposite !== undefined) return neg(g, g.apply('ReduceSum', [opposite], { axes, keepdims }));
  return g.apply('ReduceSum', [x], { axes, keepdims });
}

/** Σx/n over `axes`. */
export function reduceMean(g: GraphBuilder, x: Tensor, axes: readonly number[], keepdims = false): Tensor {
  const n = axes.reduce((product, axis) => product * (x.shape[axis] as number), 1);
  return mul(g, reduceSum(g, x, axes, keepdims), g.constant(1 / n));
}

/** The sum over every axis, a scalar. */
export const total = (g: GraphBuilder, x: Tensor): Tensor =>
  reduceSum(
    g,
    x,
    x.shape.map((_, axis) => axis),
  );

/**
 * The transpose of broadcasting: sums over the axes along which `shape` was stretched to `x.shape`.
 * The one place where derivatives meet broadcasting.
 */
export function sumTo(g: GraphBuilder, x: Tensor, shape: Shape): Tensor {
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && size !== 1) ? [axis] : [],
  );
  return reshape(g, axes.length === 0 ? x : reduceSum(g, x, axes), shape);
}

/** A scalar or broadcastable tensor, stretched to `shape`. */
export const expand = (g: GraphBuilder, x: Tensor, shape: Shape): Tensor =>
  x.shape.join() === shape.join() ? x : g.apply('Expand', [x], { shape });

/** A tensor of zeros of this shape. */
export const zeros = (g: GraphBuilder, shape: Shape): Tensor => expand(g, g.constant(0), shape);

/** [… , features] seen as a matrix [rows, features]. */
export const asMatrix = (g: GraphBuilder, x: Tensor): Tensor => {
  const features = x.shape.at(-1) ?? 1;
  return reshape(g, x, [sizeOf(x.shape) / features, features]);
};
