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

export type TensorMetric = (typeof tensorMetrics)[number];

/** Quantiles are exact up to so many elements. Of larger tensors every k-th element is looked at, k odd and as small as can be. */
export const QUANTILE_ELEMENTS = 4096;

/** Sums that the kernel writes: Σx, Σx², Σ|x|, smallest, largest, zeros. */
const SUMS = 6;

/** Below this ratio of variance to squared mean their difference has lost too many digits: a second pass is made. */
const CANCELLATION = 1e-6;

/** An odd step meets every column of a matrix whose width is a power of two. */
const stepFor = (n: number): number => (n <= QUANTILE_ELEMENTS ? 1 : Math.ceil(n / QUANTILE_ELEMENTS) | 1);

/** Bytes of an arena that measuring takes. */
export const MEASURE_BYTES = 8 * (SUMS + 2 * quantiles.length + 8) + 4 * (QUANTILE_ELEMENTS + 8);

const countNonFinite = (values: Float32Array): number =>
  values.reduce((count, x) => count + Number(!Number.isFinite(x)), 0);

/** Measures tensors that lie in an arena. Reads them, never writes to them. */
export class Measure {
  readonly #arena: Arena;
  readonly #sums: Float64Array;
  readonly #levels: Float64Array;
  readonly #quantiles: Float64Array;
  readonly #scratch: Int32Array;

  constructor(arena: Arena) {
    this.#arena = arena;
    this.#sums = arena.doubles(SUMS);
    this.#levels = arena.doubles(quantiles.length);
    this.#levels.set(quantiles.map(([, level]) => level));
    this.#quantiles = arena.doubles(quantiles.length);
    this.#scratch = arena.integers(QUANTILE_ELEMENTS + 1);
  }

  /**
   * All metrics of a tensor, in the order of `tensorMetrics`, written to `out` from `offset` on. std is biased.
   * An element that is not finite makes norm, mean, deviation and quantiles NaN or ±∞, as their formulas say; `min` and
   * `max` ignore NaN. An empty tensor gives NaN.
   */
  tensor(values: Float32Array, out: Float64Array, offset: number): void {
    const n = values.length;
    const address = this.#arena.addressOf(values);
    this.#arena.kernels.moments(address, n, this.#sums.byteOffset);
    const sums = this.#sums;
    const sum = sums[0] as number;
    const squares = sums[1] as number;
    const absolute = sums[2] as number;
    const min = sums[3] as number;
    const max = sums[4] as number;
    const mean = sum / n;
    // Nothing compared: every element is NaN, or there is none.
    const ordered = min <= max;
    out[offset] = Math.sqrt(squares);
    out[offset + 1] = Math.sqrt(squares / n);
    out[offset + 2] = mean;
    out[offset + 3] = this.#deviation(address, n, squares / n, mean);
    out[offset + 4] = ordered ? min : Number.NaN;
    out[offset + 5] = ordered ? max : Number.NaN;
    out[offset + 6] = absolute / n;
    out[offset + 7] = ordered ? Math.max(-min, max) : Number.NaN;
    out[offset + 8] = (sums[5] as number) / n;
    out[offset + 9] = Number.isFinite(squares) ? 0 : countNonFinite(values);
    this.#writeQuantiles(address, n, absolute, out, offset);
  }

  #deviation(address: number, n: number, meanSquare: number, mean: number): number {
    const variance = meanSquare - mean * mean;
    if (variance > CANCELLATION * mean * mean || !Number.isFinite(variance)) return Math.sqrt(variance);
    return Math.sqrt(this.#arena.kernels.squaredDeviations(address, n, mean) / n);
  }

  #writeQuantiles(address: number, n: number, absolute: number, out: Float64Array, offset: number): void {
    const first = offset + tensorMetrics.length - quantiles.length;
    if (n === 0 || Number.isNaN(absolute)) {
      out.fill(Number.NaN, first, first + quantiles.length);
      return;
    }
    this.#arena.kernels.absoluteQuantiles(
      address,
      n,
      stepFor(n),
      out[offset + 7] as number,
      this.#levels.byteOffset,
      quantiles.length,
      this.#quantiles.byteOffset,
      this.#scratch.byteOffset,
    );
    out.set(this.#quantiles, first);
  }
}
