/** @file What decides whether numbers are classes, values, tokens or probabilities. */
import type { Column } from './columns.ts';
import { MAX_CATEGORIES } from './columns.ts';
import type { NamedArray } from './npy.ts';

export interface NumberFacts {
  /** The categories of text, in the order of their codes. */
  readonly categories: readonly string[];
  /** Different values in ascending order, of at most 10,000 whole numbers; else null. */
  readonly values: readonly number[] | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly whole: boolean;
  readonly finite: boolean;
  /** Every row of a matrix holds a single 1 among zeros. */
  readonly one_hot: boolean;
}

export const factsOfColumn = ({ description: { min, max }, categories, values }: Column): NumberFacts => ({
  categories,
  values,
  min,
  max,
  whole: values !== null,
  finite: true,
  one_hot: false,
});

/** Distinct values are looked for in labels, not in images. */
const MAX_LOOKED_AT = 5_000_000;

function isOneHot(numbers: NamedArray['numbers'], width: number): boolean {
  if (width < 2) return false;
  for (let start = 0; start < numbers.length; start += width) {
    let ones = 0;
    for (let i = start; i < start + width; i++) {
      const x = numbers[i] as number;
      if (x === 1) ones++;
      else if (x !== 0) return false;
    }
    if (ones !== 1) return false;
  }
  return numbers.length > 0;
}

export function factsOfArray({ shape, numbers }: NamedArray): NumberFacts {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [whole, finite] = [true, true];
  const seen = new Set<number>();
  const isShort = numbers.length <= MAX_LOOKED_AT;
  for (const x of numbers) {
    if (x < min) min = x;
    if (x > max) max = x;
    finite &&= Number.isFinite(x);
    whole &&= Number.isInteger(x);
    if (whole && isShort && seen.size <= MAX_CATEGORIES) seen.add(x);
  }
  const isFew = whole && isShort && seen.size <= MAX_CATEGORIES;
  return {
    categories: [],
    values: isFew ? [...seen].toSorted((a, b) => a - b) : null,
    min: Number.isFinite(min) ? min : null,
    max: Number.isFinite(max) ? max : null,
    whole,
    finite,
    one_hot: whole && shape.length === 2 && isOneHot(numbers, shape[1] ?? 0),
  };
}
