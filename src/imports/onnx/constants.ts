/** @file Arithmetic on numbers that are known: broadcast, parts of axes, joints. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { sizeOf } from '../tensors.ts';

/** Numbers of the file, and whether they are whole ones, which are divided without a rest. */
export interface Constant extends NamedTensor {
  readonly isWhole?: boolean;
}

/** More numbers than what is computed of sizes or weights has. */
export const MAX_NUMBERS = 4e6;

/** NumPy's rule; null where the shapes do not fit. */
function broadcast(shapes: readonly (readonly number[])[]): number[] | null {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const result: number[] = [];
  for (let axis = 0; axis < rank; axis++) {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((size) => size !== 1);
    if (sizes.some((size) => size !== sizes[0])) return null;
    result.push(sizes[0] ?? 1);
  }
  return result;
}

/** The place in a tensor of each element of a shape that it broadcasts to. */
function placesIn(own: readonly number[], shape: readonly number[]): (at: number) => number {
  if (sizeOf(own) === sizeOf(shape)) return (at) => at;
  if (sizeOf(own) === 1) return () => 0;
  const steps = shape.map((_, axis) => {
    const at = axis - shape.length + own.length;
    return at < 0 || own[at] === 1 ? 0 : sizeOf(own.slice(at + 1));
  });
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  return (at) =>
    steps.reduce(
      (sum, step, axis) =>
        step === 0
          ? sum
          : sum + step * (Math.floor(at / (strides[axis] as number)) % (shape[axis] as number)),
      0,
    );
}

export function elementwise(
  inputs: readonly Constant[],
  apply: (...values: number[]) => number,
): Constant | null {
  const shape = broadcast(inputs.map((input) => input.shape));
  if (shape === null || sizeOf(shape) > MAX_NUMBERS) return null;
  const places = inputs.map((input) => placesIn(input.shape, shape));
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, at) =>
    apply(...inputs.map((input, i) => input.data[(places[i] as (at: number) => number)(at)] as number)),
  );
  return { shape, data, isWhole: inputs.every(({ isWhole }) => isWhole === true) };
}

/** Elements of one axis, by number. */
export function taken(x: Constant, axis: number, places: readonly number[], as: readonly number[]): Constant {
  const size = x.shape[axis] as number;
  const width = sizeOf(x.shape.slice(axis + 1));
  const blocks = sizeOf(x.shape.slice(0, axis));
  const data = new Float32Array(blocks * places.length * width);
  for (let block = 0; block < blocks; block++)
    places.forEach((place, i) => {
      const from = (block * size + place) * width;
      data.set(x.data.subarray(from, from + width), (block * places.length + i) * width);
    });
  return { ...x, shape: x.shape.toSpliced(axis, 1, ...as), data };
}

/** Places from the start that a slice names: negative ones count from the end, what lies beyond the ends is left out. */
export function placesOf(start: number, end: number, step: number, size: number): number[] {
  const counted = (at: number, least: number, most: number) =>
    Math.min(most, Math.max(least, at < 0 ? at + size : at));
  const places: number[] = [];
  if (step > 0)
    for (let at = counted(start, 0, size); at < counted(end, 0, size); at += step) places.push(at);
  else
    for (let at = counted(start, -1, size - 1); at > counted(end, -1, size - 1); at += step) places.push(at);
  return places;
}
