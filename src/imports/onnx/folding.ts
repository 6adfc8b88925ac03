/** @file Nodes that compute with constants and shapes alone: sizes, masks, positions, weights that are made of others. */
import { reshaped, sizeOf, transposed } from '../tensors.ts';
import { type Constant, elementwise, MAX_NUMBERS, placesOf, taken } from './constants.ts';
import type { OnnxNode } from './node.ts';

type Fold = (node: OnnxNode, inputs: readonly Constant[]) => Constant | null;

const vector = (numbers: readonly number[]): Constant => ({
  shape: [numbers.length],
  data: Float32Array.from(numbers),
  isWhole: true,
});

const computed =
  (apply: (...values: number[]) => number, isWhole?: boolean): Fold =>
  (_node, inputs) => {
    const result = elementwise(inputs, apply);
    return result === null || isWhole === undefined ? result : { ...result, isWhole };
  };

/** Whole numbers stay whole. */
const quotient: Fold = (_node, inputs) => {
  const isWhole = inputs.every((input) => input.isWhole === true);
  return elementwise(inputs, (a, b) => (isWhole ? Math.trunc(a / b) : a / b));
};

const axesOf = (node: OnnxNode, input: Constant | undefined, rank: number): Set<number> =>
  new Set((node.ints('axes') ?? [...(input?.data ?? [])]).map((axis) => (axis < 0 ? axis + rank : axis)));

const withShape = (x: Constant, shape: readonly number[]): Constant => ({ ...x, ...reshaped(x, shape) });

const squeeze: Fold = (node, [x, axes]) => {
  if (x === undefined) return null;
  const given = axesOf(node, axes, x.shape.length);
  return withShape(
    x,
    x.shape.filter((size, i) => (given.size === 0 ? size !== 1 : !given.has(i))),
  );
};

const unsqueeze: Fold = (node, [x, axes]) => {
  if (x === undefined) return null;
  const rank = x.shape.length + (node.ints('axes') ?? axes?.data ?? []).length;
  const added = axesOf(node, axes, rank);
  const sizes = [...x.shape];
  return withShape(
    x,
    Array.from({ length: rank }, (_, i) => (added.has(i) ? 1 : (sizes.shift() ?? 1))),
  );
};

const reshape: Fold = (_node, [x, target]) => {
  if (x === undefined || target === undefined) return null;
  const sizes = [...target.data].map((size, i) => (size === 0 ? (x.shape[i] ?? 1) : size));
  const known = sizeOf(sizes.filter((size) => size !== -1));
  const shape = sizes.map((size) => (size === -1 ? x.data.length / known : size));
  return sizeOf(shape) === x.data.length ? withShape(x, shape) : null;
};

const gather: Fold = (node, [x, index]) => {
  if (x === undefined || index === undefined || x.shape.length === 0) return null;
  const given = node.int('axis', 0);
  const axis = given < 0 ? given + x.shape.length : given;
  const count = x.shape[axis] ?? 0;
  const places = [...index.data].map((at) => (at < 0 ? at + count : at));
  if (places.some((at) => !(at >= 0 && at < count))) return null;
  return taken(x, axis, places, index.shape);
};

/** What reaches beyond the end stops there. */
const slice: Fold = (node, [first, starts, ends, axes, steps]) => {
  const [from, to] = [node.ints('starts') ?? starts?.data, node.ints('ends') ?? ends?.data];
  if (first === undefined || from === undefined || to === undefined) return null;
  const named = node.ints('axes') ?? axes?.data;
  let x = first;
  for (const [i, start] of [...from].entries()) {
    const given = named?.[i] ?? i;
    const axis = given < 0 ? given + x.shape.length : given;
    const size = x.shape[axis];
    const [end, step] = [to[i], steps?.data[i] ?? 1];
    if (size === undefined || end === undefined || step === 0) return null;
    const places = placesOf(start, end, step, size);
    if (places.length === 0) return null;
    x = taken(x, axis, places, [places.length]);
  }
  return x;
};

const concat: Fold = (node, inputs) => {
  const [first] = inputs;
  if (first === undefined) return null;
  const given = node.int('axis', 0);
  const axis = given < 0 ? given + first.shape.length : given;
  if (inputs.some(({ shape }) => shape.toSpliced(axis, 1).join() !== first.shape.toSpliced(axis, 1).join()))
    return null;
  const length = inputs.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const shape = first.shape.with(axis, length);
  const data = new Float32Array(sizeOf(shape));
  const row = sizeOf(shape.slice(axis));
  let offset = 0;
  for (const input of inputs) {
    const width = sizeOf(input.shape.slice(axis));
    for (let block = 0; block * row < data.length; block++)
      data.set(input.data.subarray(block * width, (block + 1) * width), block * row + offset);
    offset += width;
  }
  return { shape, data, isWhole: inputs.every(({ isWhole }) => isWhole === true) };
};

/** Numbers that are all alike, in this shape. */
function filled(value: number, sizes: Constant | undefined): Constant | null {
  const shape = [...(sizes?.data ?? [])];
  const size = sizeOf(shape);
  if (sizes === undefined || !(size >= 0 && size <= MAX_NUMBERS)) return null;
  return { shape, data: new Float32Array(size).fill(value) };
}

const expand: Fold = (_node, [x, sizes]) => {
  if (x === undefined || sizes === undefined) return null;
  const ones = filled(1, sizes);
  return ones === null ? null : elementwise([x, { ...ones, isWhole: true }], (value) => value);
};

const tile: Fold = (_node, [x, repeats]) => {
  if (x === undefined || repeats === undefined) return null;
  if (x.data.length * sizeOf([...repeats.data]) > MAX_NUMBERS) return null;
  return [...repeats.data].reduce((whole, times, axis) => {
    const size = whole.shape[axis] as number;
    const places = Array.from({ length: size * times }, (_, i) => i % size);
    return taken(whole, axis, places, [places.length]);
  }, x);
};

const range: Fold = (_node, inputs) => {
  const [start, limit, step] = inputs.map(({ data }) => data[0] as number) as [number, number, number];
  const count = Math.max(0, Math.ceil((limit - start) / step));
  if (!(count <= MAX_NUMBERS)) return null;
  return vector(Array.from({ length: count }, (_, i) => start + i * step));
};

/** Over whole axes, the numbers of each group together. */
const reduction =
  (apply: (numbers: readonly number[]) => number): Fold =>
  (node, [x, axes]) => {
    if (x === undefined) return null;
    const rank = x.shape.length;
    const given = axesOf(node, axes, rank);
    const gone = given.size === 0 ? new Set(x.shape.keys()) : given;
    const others = [...x.shape.keys()].filter((axis) => !gone.has(axis));
    const turned = transposed(x, [...others, ...gone]);
    const count = sizeOf([...gone].map((axis) => x.shape[axis] as number));
    const data = Float32Array.from({ length: turned.data.length / count }, (_, i) =>
      apply([...turned.data.subarray(i * count, (i + 1) * count)]),
    );
    const keep = node.int('keepdims', 1) === 1;
    const kept = x.shape.map((size, axis) => (gone.has(axis) ? 1 : size));
    return { shape: keep ? kept : others.map((axis) => x.shape[axis] as number), data };
  };

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** What is at or above (below) a diagonal; all else is 0. */
const triangle: Fold = (node, [x, offset]) => {
  if (x === undefined || x.shape.length < 2) return null;
  const [rows = 1, columns = 1] = x.shape.slice(-2);
  const k = offset?.data[0] ?? 0;
  const isUpper = node.int('upper', 1) === 1;
  const isKept = (row: number, column: number) => (isUpper ? column - row >= k : column - row <= k);
  const data = x.data.map((value, at) => (isKept(Math.floor(at / columns) % rows, at % columns) ? value : 0));
  return { ...x, data };
};

const matMul: Fold = (_node, [a, b]) => {
  if (a?.shape.length !== 2 || b?.shape.length !== 2 || a.shape[1] !== b.shape[0]) return null;
  const [rows = 1, inner = 1] = a.shape;
  const [, columns = 1] = b.shape;
  if (rows * columns * inner > 100 * MAX_NUMBERS) return null;
  const data = Float32Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let total = 0;
    for (let k = 0; k < inner; k++)
      total += (a.data[row * inner + k] as number) * (b.data[k * columns + column] as number);
    return total;
  });
  return { shape: [rows, columns], data };
};

const cast: Fold = (node, [x]) => {
  const isWhole = [6, 7, 9].includes(node.int('to', 1));
  return x === undefined ? null : { ...x, data: isWhole ? x.data.map(Math.trunc) : x.data, isWhole };
};

const folds: Readonly<Record<string, Fold>> = {
  Shape: (_node, [x]) => (x === undefined ? null : vector(x.shape)),
  Identity: computed((x) => x),
  Cast: cast,
  Not: computed((x) => Number(x === 0), true),
  Neg: computed((x) => -x),
  Abs: computed(Math.abs),
  Sqrt: computed(Math.sqrt),
  Reciprocal: computed((x) => 1 / x),
  Exp: computed(Math.exp),
  Log: computed(Math.log),
  Sin: computed(Math.sin),
  Cos: computed(Math.cos),
  Tanh: computed(Math.tanh),
  Floor: computed(Math.floor),
  Ceil: computed(Math.ceil),
  Relu: computed((x) => Math.max(0, x)),
  Sigmoid: computed((x) => 1 / (1 + Math.exp(-x))),
  Softplus: computed((x) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0)),
  Add: computed((a, b) => a + b),
  Sub: computed((a, b) => a - b),
  Mul: computed((a, b) => a * b),
  Div: quotient,
  Mod: computed((a, b) => a - b * Math.floor(a / b)),
  Pow: computed((a, b) => a ** b),
  Max: computed(Math.max),
  Min: computed(Math.min),
  Clip: (node, inputs) => {
    const [x, low, high] = inputs;
    if (x === undefined) return null;
    const [least, most] = [
      low?.data[0] ?? node.float('min', -Infinity),
      high?.data[0] ?? node.float('max', Infinity),
    ];
    return { ...x, data: x.data.map((value) => Math.min(most, Math.max(least, value))) };
  },
  And: computed((a, b) => Number(a !== 0 && b !== 0), true),
  Or: computed((a, b) => Number(a !== 0 || b !== 0), true),
  Equal: computed((a, b) => Number(a === b), true),
  Greater: computed((a, b) => Number(a > b), true),
  GreaterOrEqual: computed((a, b) => Number(a >= b), true),
  Less: computed((a, b) => Number(a < b), true),
  LessOrEqual: computed((a, b) => Number(a <= b), true),
  Where: computed((condition, a, b) => (condition === 0 ? b : a)),
  Concat: concat,
  Gather: gather,
  Slice: slice,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Reshape: reshape,
  Transpose: ({ ints }, [x]) =>
    x === undefined
      ? null
      : { ...x, ...transposed(x, ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i)) },
  Expand: expand,
  Tile: tile,
  Range: range,
  Trilu: triangle,
  MatMul: matMul,
  ReduceSum: reduction(sum),
  ReduceMean: reduction((numbers) => sum(numbers) / numbers.length),
  ReduceMax: reduction((numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity)),
  ReduceMin: reduction((numbers) => numbers.reduce((a, b) => Math.min(a, b), Infinity)),
  ReduceProd: reduction((numbers) => numbers.reduce((a, b) => a * b, 1)),
  ReduceL1: reduction((numbers) => sum(numbers.map(Math.abs))),
  ReduceL2: reduction((numbers) => Math.hypot(...numbers)),
  ConstantOfShape: (node, [sizes]) => {
    const value = node.tensor('value');
    const tensor = filled(value?.data[0] ?? 0, sizes);
    return tensor === null ? null : { ...tensor, isWhole: (value as Constant | null)?.isWhole === true };
  },
};

/** What the node gives where all that it takes is known; else null. */
export function fold(node: OnnxNode, constant: (name: string) => Constant | null): Constant | null {
  const apply = folds[node.op];
  if (apply === undefined) return null;
  const given = node.inputs.filter((name) => name !== '');
  const inputs = given.flatMap((name) => constant(name) ?? []);
  if (inputs.length !== given.length || inputs.some(({ data }) => data.length > MAX_NUMBERS)) return null;
  return apply(node, inputs);
}

/** The sizes of a tensor; a batch of one stands for any. */
export const shapeOf = (sizes: readonly number[]): Constant => vector(sizes);
