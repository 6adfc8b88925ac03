/** @file All that a probe asks of a tensor, or of the difference of two, in one pass over the memory: block after block. */
import { clearCounts, countAll, countSome, writeQuantiles } from './quantiles';
import { addToSums, clearSums, deviationsOf, subtract, writeSums } from './statistics';

/** Elements that are summed and then counted, the second time from the nearest cache. */
const BLOCK: i32 = 2048;
const difference = memory.data(BLOCK * 4, 16);

/** The block of `size` elements at `x`, or its difference from that at `y`. */
// @ts-ignore: decorator
@inline
function blockOf(x: usize, y: usize, size: i32): usize {
  if (y == 0) return x;
  subtract(x, y, size, difference);
  return difference;
}

/**
 * Writes the sums of `moments` and the quantiles of |x| at `levels` to `out`: 6 + `count` float64. A quantile is NaN where
 * an element is.
 * @param y 0, or the address of what is subtracted first, element by element
 * @param step every so manieth element counts for the quantiles, at most 65,535 in all
 */
export function measure(x: usize, y: usize, n: i32, step: i32, levels: usize, count: i32, out: usize): void {
  clearSums();
  const advance = (<usize>step) << 2;
  // Of the next element that counts, from the begin of its block.
  let next: usize = 0;
  for (let start: i32 = 0; start < n; start += BLOCK) {
    const size = min(BLOCK, n - start);
    const offset = (<usize>start) << 2;
    const from = blockOf(x + offset, y == 0 ? 0 : y + offset, size);
    const to = from + ((<usize>size) << 2);
    const vectors = from + ((<usize>(size & ~3)) << 2);
    addToSums(from, vectors);
    if (step == 1) countAll(from, to);
    else next = countSome(from + next, to, advance) - to;
    if (start + BLOCK >= n) writeSums(vectors, to, out);
  }
  if (n == 0) writeSums(0, 0, out);
  const quantiles = out + 6 * 8;
  if (n == 0 || isNaN(load<f64>(out, 16))) {
    clearCounts();
    for (let i = 0; i < count; i++) store<f64>(quantiles + ((<usize>i) << 3), NaN);
    return;
  }
  writeQuantiles(<f32>max(-load<f64>(out, 24), load<f64>(out, 32)), levels, count, quantiles);
}

/** Σ(x − y − mean)², or Σ(x − mean)² where `y` is 0. */
export function squaredDeviations(x: usize, y: usize, n: i32, mean: f64): f64 {
  let sum: f64 = 0;
  for (let start: i32 = 0; start < n; start += BLOCK) {
    const size = min(BLOCK, n - start);
    const offset = (<usize>start) << 2;
    sum += deviationsOf(blockOf(x + offset, y == 0 ? 0 : y + offset, size), size, mean);
  }
  return sum;
}
