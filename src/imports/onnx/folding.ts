/** @file Nodes that compute with constants and shapes alone: exporters write sizes as such chains. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { reshaped, sizeOf, transposed } from '../tensors.ts';
import type { OnnxNode } from './graph.ts';

/** Where a shape has the batch, whose size is not known: what is computed with it is not known either. */
const BATCH = Number.NaN;

type Fold = (node: OnnxNode, inputs: readonly NamedTensor[]) => NamedTensor | null;

const vector = (numbers: readonly number[]): NamedTensor => ({
  shape: [numbers.length],
  data: Float32Array.from(numbers),
});

/** More numbers than a chain of sizes or a mask has. */
const MAX_NUMBERS = 1e6;

/** Of equal shapes, or one of them a single number. */
const binary =
  (apply: (a: number, b: number) => number): Fold =>
  (_node, [a, b]) => {
    if (a === undefined || b === undefined) return null;
    const [large, isFirst] = a.data.length >= b.data.length ? [a, true] : [b, false];
    const small = isFirst ? b : a;
    if (small.data.length !== 1 && String(small.shape) !== String(large.shape)) return null;
    const other = (i: number) => small.data[small.data.length === 1 ? 0 : i] as number;
    const data = large.data.map((x, i) => (isFirst ? apply(x, other(i)) : apply(other(i), x)));
    return { shape: large.shape, data };
  };

const unary =
  (apply: (x: number) => number): Fold =>
  (_node, [x]) =>
    x === undefined ? null : { shape: x.shape, data: x.data.map(apply) };

const axesOf = (node: OnnxNode, input: NamedTensor | undefined, rank: number): Set<number> =>
  new Set((node.ints('axes') ?? [...(input?.data ?? [])]).map((axis) => (axis < 0 ? axis + rank : axis)));

const squeeze: Fold = (node, [x, axes]) => {
  if (x === undefined) return null;
  const given = axesOf(node, axes, x.shape.length);
  return reshaped(
    x,
    x.shape.filter((size, i) => (given.size === 0 ? size !== 1 : !given.has(i))),
  );
};

const unsqueeze: Fold = (node, [x, axes]) => {
  if (x === undefined) return null;
  const rank = x.shape.length + (node.ints('axes') ?? axes?.data ?? []).length;
  const added = axesOf(node, axes, rank);
  const sizes = [...x.shape];
  return reshaped(
    x,
    Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (sizes.shift() ?? 1))),
  );
};

/** Elements of the first axis, by number. */
const gather: Fold = (node, [x, index]) => {
  if (x === undefined || index === undefined || node.int('axis', 0) !== 0 || x.shape.length === 0)
    return null;
  const [count = 0, ...rest] = x.shape;
  const width = sizeOf(rest);
  const rows = [...index.data].map((at) => (at < 0 ? at + count : at));
  if (rows.some((at) => !(at >= 0 && at < count))) return null;
  const data = rows.flatMap((at) => [...x.data.subarray(at * width, (at + 1) * width)]);
  return { shape: [...index.shape, ...rest], data: Float32Array.from(data) };
};

/** Along one axis at a time; what reaches beyond the end stops there. */
const slice: Fold = (_node, [x, starts, ends, axes, steps]) => {
  if (x === undefined || starts === undefined || ends === undefined) return null;
  let { shape, data } = x;
  for (const [i, start] of starts.data.entries()) {
    const given = axes?.data[i] ?? i;
    const axis = given < 0 ? given + shape.length : given;
    const size = shape[axis];
    const end = ends.data[i];
    if (size === undefined || end === undefined || (steps?.data[i] ?? 1) !== 1) return null;
    const place = (at: number) => Math.min(size, Math.max(0, at < 0 ? at + size : at));
    const [from, to] = [place(start), place(end)];
    if (!(to > from)) return null;
    const width = sizeOf(shape.slice(axis + 1));
    const before: Float32Array = data;
    const blocks = Array.from({ length: sizeOf(shape.slice(0, axis)) }, (_, block) => [
      ...before.subarray((block * size + from) * width, (block * size + to) * width),
    ]);
    data = Float32Array.from(blocks.flat());
    shape = shape.map((own, at) => (at === axis ? to - from : own));
  }
  return { shape, data };
};

const concat: Fold = (_node, inputs) =>
  inputs.every(({ shape }) => shape.length === 1) ? vector(inputs.flatMap(({ data }) => [...data])) : null;

/** Numbers that are all alike, in this shape; a batch of one stands for any. */
function filled(value: number, sizes: NamedTensor | undefined): NamedTensor | null {
  const shape = [...(sizes?.data ?? [])].map((size) => (Number.isNaN(size) ? 1 : size));
  const size = sizeOf(shape);
  if (sizes === undefined || !(size >= 0 && size <= MAX_NUMBERS)) return null;
  return { shape, data: new Float32Array(size).fill(value) };
}

const expand: Fold = (_node, [x, sizes]) =>
  x?.data.every((value) => value === x.data[0]) === true ? filled(x.data[0] ?? 0, sizes) : null;

const folds: Readonly<Record<string, Fold>> = {
  Identity: unary((x) => x),
  Cast: unary((x) => x),
  Not: unary((x) => Number(x === 0)),
  Add: binary((a, b) => a + b),
  Sub: binary((a, b) => a - b),
  Mul: binary((a, b) => a * b),
  Equal: binary((a, b) => Number(a === b)),
  Greater: binary((a, b) => Number(a > b)),
  Less: binary((a, b) => Number(a < b)),
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Transpose: ({ ints }, [x]) =>
    x === undefined ? null : transposed(x, ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i)),
  Expand: expand,
  ConstantOfShape: (node, [sizes]) => filled(node.tensor('value')?.data[0] ?? 0, sizes),
};

/** What the node gives where all that it takes is known; else null. */
export function fold(node: OnnxNode, constant: (name: string) => NamedTensor | null): NamedTensor | null {
  const apply = folds[node.op];
  if (apply === undefined) return null;
  const inputs = node.inputs.flatMap((name) => constant(name) ?? []);
  if (inputs.length !== node.inputs.length || inputs.some(({ data }) => data.length > MAX_NUMBERS))
    return null;
  return apply(node, inputs);
}

/** The sizes of a tensor whose batch is at `batchAxis`. */
export const shapeOf = (sizes: readonly number[], batchAxis: number): NamedTensor =>
  vector(sizes.toSpliced(batchAxis, 0, BATCH));
