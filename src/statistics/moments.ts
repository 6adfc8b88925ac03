/** @file The statistics of one tensor, accumulated in float64. */
import type { Arena } from '../kernels/index.ts';

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

/** Those that can be below 0. */
export const signedMetrics: readonly string[] = ['mean', 'min', 'max'];

export type TensorMetric = (typeof tensorMetrics)[number];

/**
 * Quantiles are those of all elements up to so many. Of larger tensors every k-th element counts, k odd and as small as can
 * be: the rank of a quantile at level p is then off by √(p(1−p)/4096) in the standard deviation, 0.8 % of the elements at
 * most, were the elements drawn at random. The values come from a histogram: within 1/128, from 2⁻¹²⁶ on; below 2⁻¹³² they
 * may be 0. No rule reads quantiles; `abs_max` and the rest are exact.
 */
export const QUANTILE_ELEMENTS = 4096;

/** Sums that the kernel writes: Σx, Σx², Σ|x|, smallest, largest, zeros. */
const SUMS = 6;

/** Below this ratio of variance to squared mean their difference has lost too many digits: a second pass is made. */
const CANCELLATION = 1e-6;

/** An odd step meets every column of a matrix whose width is a power of two. */
const stepFor = (n: number): number => (n <= QUANTILE_ELEMENTS ? 1 : Math.ceil(n / QUANTILE_ELEMENTS) | 1);

/** Bytes of an arena that measuring takes. */
export const MEASURE_BYTES = 8 * (SUMS + 2 * quantiles.length) + 256;

function countNonFinite(values: Float32Array, before: Float32Array | null): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    count += Number(!Number.isFinite((values[i] as number) - (before === null ? 0 : (before[i] as number))));
  }
  return count;
}

/** Measures tensors that lie in an arena. Reads them, never writes to them. */
export class Measure {
  readonly #arena: Arena;
  readonly #measured: Float64Array;
  readonly #levels: Float64Array;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#measured = arena.doubles(SUMS + quantiles.length);
    this.#levels = arena.doubles(quantiles.length);
    this.#levels.set(quantiles.map(([, level]) => level));
  }

  /**
   * All metrics of a tensor, in the order of `tensorMetrics`, written to `out` from `offset` on. std is biased.
   * An element that is not finite makes norm, mean, deviation and quantiles NaN or ±∞, as their formulas say; `min` and
   * `max` ignore NaN. An empty tensor gives NaN.
   * @param before where given, the metrics are those of `values − before`
   */
  tensor(values: Float32Array, out: Float64Array, offset: number, before: Float32Array | null = null): void {
    const n = values.length;
    const { kernels } = this.#arena;
    const address = this.#arena.addressOf(values);
    const subtracted = before === null ? 0 : this.#arena.addressOf(before);
    const found = this.#measured;
    const levels = this.#levels.byteOffset;
    kernels.measure(address, subtracted, n, stepFor(n), levels, quantiles.length, found.byteOffset);
    const squares = found[1] as number;
    const min = found[3] as number;
    const max = found[4] as number;
    const mean = (found[0] as number) / n;
    const variance = squares / n - mean * mean;
    // Nothing compared: every element is NaN, or there is none.
    const ordered = min <= max;
    out[offset] = Math.sqrt(squares);
    out[offset + 1] = Math.sqrt(squares / n);
    out[offset + 2] = mean;
    out[offset + 3] =
      variance > CANCELLATION * mean * mean || !Number.isFinite(variance)
        ? Math.sqrt(variance)
        : Math.sqrt(kernels.squaredDeviations(address, subtracted, n, mean) / n);
    out[offset + 4] = ordered ? min : Number.NaN;
    out[offset + 5] = ordered ? max : Number.NaN;
    out[offset + 6] = (found[2] as number) / n;
    out[offset + 7] = ordered ? Math.max(-min, max) : Number.NaN;
    out[offset + 8] = (found[5] as number) / n;
    out[offset + 9] = Number.isFinite(squares) ? 0 : countNonFinite(values, before);
    const first = offset + tensorMetrics.length - quantiles.length;
    for (let i = 0; i < quantiles.length; i++) out[first + i] = found[SUMS + i] as number;
  }
}
