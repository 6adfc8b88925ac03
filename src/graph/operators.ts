/** @file The operators of the graph: ONNX's, each with its attributes and its shape inference. */
import type { Convolution, DataType, Operator, OperatorAttributes, Shape, SliceAttributes } from './nodes.ts';

/** Thrown by shape inference; the builder adds the layer's name and pointer. */
export class ShapeMismatch extends Error {
  override name = 'ShapeMismatch';
}

const text = (shape: Shape) => `[${shape.join(', ')}]`;
export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** NumPy broadcasting: align on the right; sizes are equal or one of them is 1. */
function broadcast(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeMismatch(`shapes ${text(a)} and ${text(b)} do not broadcast`);
    return m === 1 ? n : m;
  });
}

type Infer<O extends Operator> = (inputs: readonly Shape[], attributes: OperatorAttributes[O]) => number[];

const at = (shapes: readonly Shape[], index: number): Shape => {
  const shape = shapes[index];
  if (shape === undefined) throw new ShapeMismatch(`input ${index} is missing`);
  return shape;
};
const same = (inputs: readonly Shape[]) => [...at(inputs, 0)];
const broadcastAll = (inputs: readonly Shape[]) => inputs.reduce<number[]>((a, b) => broadcast(a, b), []);

function gemm(inputs: readonly Shape[], { transA, transB }: OperatorAttributes['Gemm']): number[] {
  const [a, b] = [at(inputs, 0), at(inputs, 1)];
  if (a.length !== 2 || b.length !== 2)
    throw new ShapeMismatch(`Gemm needs matrices, got ${text(a)} and ${text(b)}`);
  const [m, k] = transA ? [a[1], a[0]] : [a[0], a[1]];
  const [l, n] = transB ? [b[1], b[0]] : [b[0], b[1]];
  if (k !== l) throw new ShapeMismatch(`inner sizes differ: ${text(a)} · ${text(b)}`);
  return [m as number, n as number];
}

function matMul(inputs: readonly Shape[]): number[] {
  const [a, b] = [at(inputs, 0), at(inputs, 1)];
  if (a.length < 2 || b.length < 2)
    throw new ShapeMismatch(`MatMul needs rank 2 or more, got ${text(a)} and ${text(b)}`);
  if (a.at(-1) !== b.at(-2)) throw new ShapeMismatch(`inner sizes differ: ${text(a)} · ${text(b)}`);
  return [...broadcast(a.slice(0, -2), b.slice(0, -2)), a.at(-2) as number, b.at(-1) as number];
}

function reduce(inputs: readonly Shape[], { axes, keepdims }: OperatorAttributes['ReduceSum']): number[] {
  const shape = at(inputs, 0);
  return keepdims
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

function reshape(inputs: readonly Shape[], { shape }: OperatorAttributes['Reshape']): number[] {
  const from = at(inputs, 0);
  if (sizeOf(from) !== sizeOf(shape))
    throw new ShapeMismatch(`${text(from)} cannot be reshaped to ${text(shape)}`);
  return [...shape];
}

function concat(inputs: readonly Shape[], { axis }: OperatorAttributes['Concat']): number[] {
  const first = at(inputs, 0);
  for (const shape of inputs) {
    if (shape.length !== first.length || shape.some((size, i) => i !== axis && size !== first[i]))
      throw new ShapeMismatch(`${text(first)} and ${text(shape)} cannot be joined along axis ${axis}`);
  }
  return first.map((size, i) =>
    i === axis ? inputs.reduce((sum, shape) => sum + (shape[i] ?? 0), 0) : size,
  );
}

/** Positions of a window along one axis: ⌊(size + before + after − dilation (window − 1) − 1)/stride⌋ + 1. */
function windows(size: number, window: number, axis: number, attributes: Convolution): number {
  const { strides, dilations, before, after } = attributes;
  const room = size + (before[axis] ?? 0) + (after[axis] ?? 0) - (dilations[axis] ?? 1) * (window - 1) - 1;
  if (room < 0)
    throw new ShapeMismatch(
      `a window of ${(dilations[axis] ?? 1) * (window - 1) + 1} does not fit into ${size}`,
    );
  return Math.floor(room / (strides[axis] ?? 1)) + 1;
}

/** [batch, in, …size], kernel [out, in/groups, …window] and maybe bias [out] → [batch, out, …positions] */
function conv(inputs: readonly Shape[], attributes: OperatorAttributes['Conv']): number[] {
  const [[batch = 0, channels = 0, ...size], [out = 0, inner = 0, ...window]] = [
    at(inputs, 0),
    at(inputs, 1),
  ];
  if (channels !== inner * attributes.groups || out % attributes.groups !== 0)
    throw new ShapeMismatch(
      `${channels} channels and ${out} filters do not split into ${attributes.groups} groups`,
    );
  if (inputs[2] !== undefined && inputs[2].join() !== String(out))
    throw new ShapeMismatch(`a bias of ${text(inputs[2])} does not fit ${out} filters`);
  return [batch, out, ...size.map((length, axis) => windows(length, window[axis] ?? 1, axis, attributes))];
}

function slice(inputs: readonly Shape[], { axis, start, step, count }: SliceAttributes): number[] {
  const shape = at(inputs, 0);
  if (start + step * (count - 1) >= (shape[axis] ?? 0))
    throw new ShapeMismatch(
      `axis ${axis} of ${text(shape)} ends before element ${start + step * (count - 1)}`,
    );
  return [...shape.with(axis, count)];
}

/** Shape of the output from the shapes of the inputs. Total: a new operator without an entry does not compile. */
export const inferShape: { readonly [O in Operator]: Infer<O> } = {
  Abs: same,
  Add: broadcastAll,
  Concat: concat,
  Conv: conv,
  ConvTranspose: (inputs, { groups, size }) => [
    at(inputs, 0)[0] as number,
    (at(inputs, 1)[1] as number) * groups,
    ...size,
  ],
  Cos: same,
  Div: broadcastAll,
  Erf: same,
  Exp: same,
  Expand: (inputs, { shape }) => broadcast(at(inputs, 0), shape),
  Gather: (inputs) => [...at(inputs, 1), at(inputs, 0)[1] as number],
  Gemm: gemm,
  Greater: broadcastAll,
  GreaterOrEqual: broadcastAll,
  KernelGradient: (inputs, { groups, window }) => [
    at(inputs, 1)[1] as number,
    (at(inputs, 0)[1] as number) / groups,
    ...window,
  ],
  Less: broadcastAll,
  LessOrEqual: broadcastAll,
  Log: same,
  LogSoftmax: same,
  MatMul: matMul,
  Max: broadcastAll,
  Min: broadcastAll,
  Mul: broadcastAll,
  Neg: same,
  Pad: (inputs, { before, after }) =>
    at(inputs, 0).map((size, axis) => (before[axis] ?? 0) + size + (after[axis] ?? 0)),
  Pow: broadcastAll,
  ReduceSum: reduce,
  Relu: same,
  Reshape: reshape,
  Scan: () => [],
  ScanOutput: (_inputs, { shape }) => [...shape],
  ScatterAdd: (inputs, { rows }) => [rows, at(inputs, 1).at(-1) as number],
  Sigmoid: same,
  Sin: same,
  Slice: slice,
  Softmax: same,
  Softplus: same,
  Sqrt: same,
  StopGradient: same,
  Sub: broadcastAll,
  Tanh: same,
  Transpose: (inputs, { perm }) => perm.map((axis) => at(inputs, 0)[axis] as number),
  Where: broadcastAll,
};

const comparisons: ReadonlySet<Operator> = new Set(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual']);

export const outputType = (operator: Operator): DataType =>
  operator === 'Scan' ? 'scan' : comparisons.has(operator) ? 'bool' : 'float32';
