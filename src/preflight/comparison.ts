/** @file Prediction beside measurement: how far they are apart, and whether that is more than chance. */

/** What of the gap neither chance nor width explains; decades. The theory keeps 0.1 in wide, plain networks. */
const ACCURACY = 0.2;

export interface Comparison {
  /** Mean over seeds of log₁₀ measured − log₁₀ predicted; null where one of them is missing or 0. */
  readonly gap: number | null;
  /** What chance and finite width may do; null where it cannot be told, since a measured gradient is 0 or missing. */
  readonly tolerance: number | null;
  readonly mismatch: boolean;
}

/**
 * Compares a measured scale with its prediction. The variance of ln g² over initial weights grows by about 5 for every
 * layer over its width (Hanin 2018, arXiv:1801.03744, for ReLU); in log₁₀ of the root that is √(5 Σ 1/width) / (2 ln 10).
 * @param measured one value per seed
 * @param widths of the layers between it and the loss
 */
export function comparePrediction(
  measured: readonly number[],
  predicted: number | null,
  widths: readonly number[],
): Comparison {
  const inverse = widths.reduce((sum, width) => sum + 1 / width, 0);
  const width = Math.sqrt(5 * inverse) / (2 * Math.LN10);
  const logarithms = measured.map(Math.log10);
  const n = logarithms.length;
  const mean = logarithms.reduce((sum, value) => sum + value / n, 0);
  const spread = n < 2 ? width : Math.sqrt(logarithms.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const tolerance = ACCURACY + width + (3 * Math.max(spread, width)) / Math.sqrt(n);
  const gap = predicted === null ? Number.NaN : mean - Math.log10(predicted);
  if (!Number.isFinite(tolerance)) return { gap: null, tolerance: null, mismatch: false };
  if (!Number.isFinite(gap)) return { gap: null, tolerance, mismatch: false };
  return { gap, tolerance, mismatch: Math.abs(gap) > tolerance };
}
