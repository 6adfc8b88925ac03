/** @file Float64 arrays with a shape, by plain index arithmetic; written without the graph's own shape code. */

export interface Value {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** By shape: the same few are asked for again and again. Whoever asks writes to none of them. */
const known = new Map<string, readonly (readonly number[])[]>();
const MOST_KNOWN = 1000;

/** Every multi-index of a shape, in row-major order. */
function indicesOf(shape: readonly number[]): readonly (readonly number[])[] {
  const key = shape.join();
  const found = known.get(key);
  if (found !== undefined) return found;
  const strides = shape.map((_, axis) => product(shape.slice(axis + 1)));
  const indices = Array.from({ length: product(shape) }, (_, flat) =>
    strides.map((stride, axis) => Math.floor(flat / stride) % (shape[axis] ?? 1)),
  );
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(key, indices);
  return indices;
}

/** Position of a multi-index; aligned on the right, and an axis of size 1 stands for every index. */
function offsetOf(shape: readonly number[], index: readonly number[]): number {
  const lead = index.length - shape.length;
  return shape.reduce(
    (offset, size, axis) => offset * size + (size === 1 ? 0 : (index[lead + axis] ?? 0)),
    0,
  );
}

/** The element at an index, broadcasting. */
export const at = ({ shape, data }: Value, index: readonly number[]): number =>
  data[offsetOf(shape, index)] ?? Number.NaN;

/** The array whose element at every index is f(index). */
export const tabulate = (shape: readonly number[], f: (index: readonly number[]) => number): Value => ({
  shape,
  data: Float64Array.from(indicesOf(shape), f),
});

/** The smallest shape to which all of these stretch. */
export function commonShape(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (new Set(sizes).size > 1) throw new Error(`[${shapes.join('] and [')}] do not broadcast`);
    return sizes[0] ?? 1;
  });
}

/** f of the elements of all inputs, broadcasting. */
export const elementwise =
  (f: (...x: number[]) => number) =>
  (inputs: readonly Value[]): Value => {
    const shape = commonShape(...inputs.map((input) => input.shape));
    // Nothing is broadcast: the elements at one place meet.
    if (inputs.every(({ data }) => data.length === product(shape)))
      return {
        shape,
        data: Float64Array.from({ length: product(shape) }, (_, i) =>
          f(...inputs.map(({ data }) => data[i] as number)),
        ),
      };
    return tabulate(shape, (index) => f(...inputs.map((input) => at(input, index))));
  };

/** Σ over `axes`. */
export function sumOver({ shape, data }: Value, axes: readonly number[], keepdims: boolean): Value {
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const sums = new Float64Array(product(kept));
  indicesOf(shape).forEach((index, flat) => {
    const to = offsetOf(kept, index);
    sums[to] = (sums[to] ?? 0) + (data[flat] ?? Number.NaN);
  });
  return { shape: keepdims ? kept : shape.filter((_, axis) => !axes.includes(axis)), data: sums };
}

/** A · B over the last two axes; axes before them broadcast. */
export function matrixProduct(a: Value, b: Value): Value {
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [innerOfB, columns] = b.shape.slice(-2) as [number, number];
  if (inner !== innerOfB) throw new Error(`[${a.shape}] · [${b.shape}]: inner sizes differ`);
  const batch = commonShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return tabulate([...batch, rows, columns], (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    const before = index.slice(0, -2);
    let sum = 0;
    // An inner axis of size 1 is not broadcast here: `at` reads its only element, which is the right one.
    for (let k = 0; k < inner; k++) sum += at(a, [...before, i, k]) * at(b, [...before, k, j]);
    return sum;
  });
}

/** Axis k of the result is axis perm[k] of x. */
export function permuted(x: Value, perm: readonly number[]): Value {
  const shape = perm.map((axis) => x.shape[axis] ?? 1);
  return tabulate(shape, (index) =>
    at(
      x,
      perm.map((_, axis) => index[perm.indexOf(axis)] ?? 0),
    ),
  );
}

/** The transpose of a matrix, where asked. */
export const transposedIf = (asked: boolean, x: Value): Value => (asked ? permuted(x, [1, 0]) : x);

/** f applied to the line through every element along `axis` (negative: from the end); `own` is its place in the line. */
export function alongAxis(x: Value, axis: number, f: (line: number[], own: number) => number): Value {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const places = Array.from({ length: x.shape[along] ?? 1 }, (_, place) => place);
  return tabulate(x.shape, (index) =>
    f(
      places.map((place) => at(x, index.with(along, place))),
      index[along] ?? 0,
    ),
  );
}
