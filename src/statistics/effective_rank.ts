/** @file Into how many directions the outputs of a layer spread. */

/** Rows, and features of a row, that are looked at. */
const ROWS = 64;
const FEATURES = 4096;

/** Every k-th of `total`, k odd, so that not more than `most` remain. */
const strideFor = (total: number, most: number): number => (total <= most ? 1 : Math.ceil(total / most) | 1);

/**
 * (Σλ)² / Σλ² of the eigenvalues λ of X Xᵀ, the participation ratio: 1 where all rows are multiples of one, up to the
 * number of rows. Not centred: rows that hardly differ from their mean count as one direction. NaN where all are 0.
 * @param values rows of the same length, row-major; up to 64 of them, evenly spaced, are taken
 * @param size of a row
 * Source: Gao & Ganguli 2015 (participation ratio); Dong et al. 2021, arXiv:2103.03404 (collapse over depth).
 */
export function effectiveRank(values: Float32Array, size: number): number {
  const total = values.length / size;
  const rowStep = Math.max(1, Math.floor(total / ROWS));
  const rows = Array.from({ length: Math.min(total, ROWS) }, (_, i) => i * rowStep * size);
  const step = strideFor(size, FEATURES);
  let [trace, squares] = [0, 0];
  for (let a = 0; a < rows.length; a++) {
    for (let b = 0; b <= a; b++) {
      let product = 0;
      for (let k = 0; k < size; k += step) {
        product += (values[(rows[a] as number) + k] as number) * (values[(rows[b] as number) + k] as number);
      }
      if (a === b) trace += product;
      squares += (a === b ? 1 : 2) * product * product;
    }
  }
  return (trace * trace) / squares;
}
