/** @file Into how many directions the outputs of a layer spread. */

/** Rows, and features of a row, that are looked at. */
const ROWS = 64;
const FEATURES = 4096;

/** Every k-th of `total`, k odd, so that not more than `most` remain. */
const strideFor = (total: number, most: number): number => (total <= most ? 1 : Math.ceil(total / most) | 1);

/** Of two rows, every `step`-th element. */
function dot(values: Float32Array, a: number, b: number, size: number, step: number): number {
  let product = 0;
  for (let k = 0; k < size; k += step) product += (values[a + k] as number) * (values[b + k] as number);
  return product;
}

/**
 * (Σλ)² / Σλ² of the eigenvalues λ of X Xᵀ, the participation ratio: 1 where all rows are multiples of one, up to the
 * number of rows. Not centred: rows that hardly differ from their mean count as one direction. NaN where all are 0.
 * @param values rows of the same length, row-major; up to 64 of them, evenly spaced, are taken
 * @param size of a row
 * Source: Gao & Ganguli 2015 (participation ratio); Dong et al. 2021, arXiv:2103.03404 (collapse over depth).
 */
export function effectiveRank(values: Float32Array, size: number): number {
  const total = values.length / size;
  /** From one row that is taken to the next. */
  const pitch = Math.max(1, Math.floor(total / ROWS)) * size;
  const end = Math.min(total, ROWS) * pitch;
  const step = strideFor(size, FEATURES);
  let [trace, squares] = [0, 0];
  for (let a = 0; a < end; a += pitch) {
    let b = 0;
    // Four products at once: an addition need not wait for the one before. Each is summed in the same order as alone.
    for (; b + 3 * pitch < a; b += 4 * pitch) {
      let [p, q, r, s] = [0, 0, 0, 0];
      for (let k = 0; k < size; k += step) {
        const x = values[a + k] as number;
        p += x * (values[b + k] as number);
        q += x * (values[b + pitch + k] as number);
        r += x * (values[b + 2 * pitch + k] as number);
        s += x * (values[b + 3 * pitch + k] as number);
      }
      squares += 2 * p ** 2;
      squares += 2 * q ** 2;
      squares += 2 * r ** 2;
      squares += 2 * s ** 2;
    }
    for (; b < a; b += pitch) squares += 2 * dot(values, a, b, size, step) ** 2;
    const own = dot(values, a, a, size, step);
    trace += own;
    squares += own * own;
  }
  return (trace * trace) / squares;
}
