/** @file The statistics of one tensor, accumulated in float64. */
import { absoluteQuantiles } from './quantiles.ts';

/** Quantiles of |x| that are reported, with their metric. */
const quantiles = [
  ['abs_p01', 0.01],
  ['abs_p05', 0.05],
  ['abs_p25', 0.25],
  ['abs_p50', 0.5],
  ['abs_p75', 0.75],
  ['abs_p95', 0.95],
  ['abs_p99', 0.99],
] as const;

export const tensorMetrics = [
  'l2_norm',
  'rms',
  'mean',
  'std',
  'min',
  'max',
  'abs_mean',
  'abs_max',
  'zero_fraction',
  'non_finite_count',
  ...quantiles.map(([metric]) => metric),
] as const;

export type TensorMetric = (typeof tensorMetrics)[number];

/** Σx² in float64; ∞ or NaN where an element is. */
export function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    sum += x * x;
  }
  return sum;
}

interface Sums {
  sum: number;
  squares: number;
  absolute: number;
  min: number;
  max: number;
  zeros: number;
  nonFinite: number;
}

function accumulate(values: Float32Array): Sums {
  let [sum, squares, absolute, zeros, nonFinite] = [0, 0, 0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const x = values[i] as number;
    sum += x;
    squares += x * x;
    absolute += x < 0 ? -x : x;
    if (x < min) min = x;
    if (x > max) max = x;
    if (x === 0) zeros++;
    // x − x is 0 for finite x and NaN otherwise.
    if (x - x !== 0) nonFinite++;
  }
  return { sum, squares, absolute, min, max, zeros, nonFinite };
}

/** Biased standard deviation, in a second pass: the difference of sums would lose tensors that hardly vary. */
function deviation(values: Float32Array, mean: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const d = (values[i] as number) - mean;
    sum += d * d;
  }
  return Math.sqrt(sum / values.length);
}

/**
 * All metrics of a tensor, in the order of `tensorMetrics`, written to `out` from `offset` on.
 * An element that is not finite makes norm, mean, deviation and quantiles NaN or ±∞, as their formulas say; `min` and
 * `max` ignore NaN. An empty tensor gives NaN.
 */
export function measureTensor(values: Float32Array, out: Float64Array, offset: number): void {
  const n = values.length;
  const s = accumulate(values);
  const mean = s.sum / n;
  // Nothing compared: every element is NaN, or there is none.
  const ordered = s.min <= s.max;
  out.set(
    [
      Math.sqrt(s.squares),
      Math.sqrt(s.squares / n),
      mean,
      deviation(values, mean),
      ordered ? s.min : Number.NaN,
      ordered ? s.max : Number.NaN,
      s.absolute / n,
      ordered ? Math.max(Math.abs(s.min), Math.abs(s.max)) : Number.NaN,
      s.zeros / n,
      s.nonFinite,
    ],
    offset,
  );
  const first = offset + tensorMetrics.length - quantiles.length;
  if (n === 0 || Number.isNaN(s.absolute)) {
    out.fill(Number.NaN, first, first + quantiles.length);
    return;
  }
  const levels = quantiles.map(([, q]) => q);
  out.set(absoluteQuantiles(values, levels), first);
}
