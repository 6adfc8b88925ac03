/** @file Random inputs that keep clear of kinks and poles; all are float32 numbers, so that both engines read the same. */
import { sizeOf } from '../../../src/graph/index.ts';
import { createRandom, type Random } from '../../../src/util/random.ts';

/** One number of an input. */
export type Draw = (random: Random) => number;

/** Uniform on [low, high). */
export const between =
  (low: number, high: number): Draw =>
  (random) =>
    low + (high - low) * random.uniform();

export const ordinary = between(-2, 2);
export const positive = between(0.3, 2.5);

/** Either sign, 0.3 or more away from 0. */
export const nonzero: Draw = (random) => positive(random) * (random.integer(2) === 0 ? 1 : -1);

/** Multiples of 1/4, shifted: numbers of `grid(0)` and `grid(1/8)` are never closer than 1/8, so max has no ties. */
export const grid =
  (shift: number): Draw =>
  (random) =>
    random.integer(17) / 4 - 2 + shift;

/** As many numbers as the shape holds. */
export function draw(shape: readonly number[], next: Draw, ...path: (string | number)[]): Float64Array {
  const random = createRandom(0, ...path);
  return Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(next(random)));
}
