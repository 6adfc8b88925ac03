/** @file The operators of the graph: ONNX's, each with its attributes and its shape inference. */

export type DataType = 'float32' | 'bool';
export type Shape = readonly number[];

type None = Readonly<Record<never, never>>;

/** Every operator with its attributes. `StopGradient` is ONNX `Identity`, through which no gradient flows. */
export interface OperatorAttributes {
  Abs: None;
  Add: None;
  Cos: None;
  Div: None;
  Erf: None;
  Exp: None;
  Expand: { readonly shape: Shape };
  Gemm: { readonly transA: boolean; readonly transB: boolean };
  Greater: None;
  GreaterOrEqual: None;
  Less: None;
  LessOrEqual: None;
  Log: None;
  LogSoftmax: { readonly axis: number };
  MatMul: None;
  Max: None;
  Min: None;
  Mul: None;
  Neg: None;
  Pow: None;
  ReduceSum: { readonly axes: readonly number[]; readonly keepdims: boolean };
  Relu: None;
  Reshape: { readonly shape: Shape };
  Sigmoid: None;
  Sin: None;
  Softmax: { readonly axis: number };
  Softplus: None;
  Sqrt: None;
  StopGradient: None;
  Sub: None;
  Tanh: None;
  Transpose: { readonly perm: readonly number[] };
  Where: None;
}

export type Operator = keyof OperatorAttributes;

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

/** Shape of the output from the shapes of the inputs. Total: a new operator without an entry does not compile. */
export const inferShape: { readonly [O in Operator]: Infer<O> } = {
  Abs: same,
  Add: broadcastAll,
  Cos: same,
  Div: broadcastAll,
  Erf: same,
  Exp: same,
  Expand: (inputs, { shape }) => broadcast(at(inputs, 0), shape),
  Gemm: gemm,
  Greater: broadcastAll,
  GreaterOrEqual: broadcastAll,
  Less: broadcastAll,
  LessOrEqual: broadcastAll,
  Log: same,
  LogSoftmax: same,
  MatMul: matMul,
  Max: broadcastAll,
  Min: broadcastAll,
  Mul: broadcastAll,
  Neg: same,
  Pow: broadcastAll,
  ReduceSum: reduce,
  Relu: same,
  Reshape: reshape,
  Sigmoid: same,
  Sin: same,
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

export const outputType = (operator: Operator): DataType => (comparisons.has(operator) ? 'bool' : 'float32');
