/** @file ONNX tensors as values of layers, and how axes are taken apart. */
import type { Value } from '../writer.ts';

/** Stands for the batch, which is no axis of a layer here. */
export const BATCH = -1;

/** One axis of the ONNX tensor. */
export interface Axis {
  /** Axes of the value, joined row-major; BATCH among them. None where the size is 1, or copies are meant. */
  readonly parts: readonly number[];
  readonly size: number;
}

/** An ONNX tensor: a layer's output, and where each of the tensor's axes is in it. */
export interface Laid {
  readonly value: Value;
  readonly axes: readonly Axis[];
}

/** As many axes as `reshape` and `permute` take. */
export const MAX_AXES = 6;
export const ONE: Axis = { parts: [], size: 1 };

export const isAscending = (numbers: readonly number[]): boolean =>
  numbers.every((n, i) => i === 0 || n > (numbers[i - 1] as number));
export const isSame = (a: readonly number[], b: readonly number[]): boolean => a.join() === b.join();

/** A part of an axis: one axis of the value, or a factor of it. */
interface Piece {
  readonly part: number;
  readonly size: number;
}

/**
 * Takes the axes, one after another, apart into pieces whose products are the sizes.
 * @returns the pieces of each size; null where the borders do not meet
 */
export function pieced(parts: readonly Piece[], sizes: readonly number[]): Piece[][] | null {
  const left = parts.filter(({ size }) => size > 1);
  const groups: Piece[][] = [];
  for (const size of sizes) {
    const group: Piece[] = [];
    for (let need = size; need > 1; ) {
      const next = left.shift();
      if (next === undefined) return null;
      if (need % next.size === 0) group.push(next);
      else if (next.size % need === 0 && next.part !== BATCH) {
        group.push({ part: next.part, size: need });
        left.unshift({ part: next.part, size: next.size / need });
      } else return null;
      need = Math.max(1, need / next.size);
    }
    groups.push(group);
  }
  return left.length === 0 ? groups : null;
}
