/**
 * @file An activation on normal values: second moments of its outputs, and what it does to gradients. For two inputs
 * with correlation c, E φ(x_a) φ(x_b) = Σ_k φ_k(a) φ_k(b) cᵏ with φ_k the Hermite coefficients, and likewise for φ′
 * (Poole et al. 2016, arXiv:1606.05340, equations 5 and 11; Daniely et al. 2016, arXiv:1602.05897, for the series).
 */
import type { Activation } from '../activations/activation.ts';
import { type Expectations, expectations, TERMS } from './expectations.ts';
import { complementaryError } from './gaussian.ts';
import { pairwise, type Signal } from './signal.ts';

/** Σ coefficients beyond the series, squared. */
const restOf = (square: number, coefficients: Float64Array): number =>
  Math.max(
    0,
    coefficients.reduce((rest, value) => rest - value * value, square),
  );

/**
 * What is left at correlation c of a rest of the series that is 1 at c = 1, for coefficients² ~ k^(−3/2): those of a jump,
 * which relu′ has; smoother curves leave no rest that would matter. With x = −n ln c it is e^(−x) − √(πx) erfc √x.
 */
function restAt(c: number): number {
  if (c <= 0) return 0;
  if (c >= 1) return 1;
  const x = -TERMS * Math.log(c);
  return x > 30 ? 0 : Math.max(0, Math.exp(-x) - Math.sqrt(Math.PI * x) * complementaryError(Math.sqrt(x)));
}

function series(a: Float64Array, b: Float64Array, c: number): number {
  let total = 0;
  for (let k = TERMS - 1; k >= 0; k--) total = total * c + (a[k] as number) * (b[k] as number);
  return total;
}

interface Rests {
  readonly values: readonly number[];
  readonly slopes: readonly number[];
}

function correlated(
  found: readonly Expectations[],
  rests: Rests,
  a: number,
  b: number,
  c: number,
): { value: number; slope: number } {
  const [p, q] = [found[a] as Expectations, found[b] as Expectations];
  const rest = restAt(c);
  const beyond = (of: readonly number[]) => Math.sqrt((of[a] as number) * (of[b] as number)) * rest;
  return {
    value: series(p.values, q.values, c) + beyond(rests.values),
    slope: series(p.slopes, q.slopes, c) + beyond(rests.slopes),
  };
}

export interface ElementwiseResult {
  readonly output: Signal;
  /** E φ′(x_a) φ′(x_b): the factor that the gradient's moments get. */
  readonly slopes: Float64Array;
  /** d E φ(x_a)² / d E x_a². */
  readonly growth: Float64Array;
  /** E φ² φ′² / E φ², root over samples: the moments of x φ′ where φ goes along with x. */
  readonly alongSlopes: Float64Array;
}

/** The values count as normal over the units, with the signal's mean and moments. Null for softmax. */
export function applyElementwise(activation: Activation, input: Signal): ElementwiseResult | null {
  const { samples, gram, mean } = input;
  const variance = (a: number) =>
    Math.max(0, (gram[a * samples + a] as number) - (mean[a] as number) * (mean[a] as number));
  const variances = Array.from({ length: samples }, (_, a) => variance(a));
  const found = expectations(
    activation,
    variances.map((value, a) => ({ mean: mean[a] as number, variance: value })),
  );
  if (found === null) return null;
  const rests: Rests = {
    values: found.map(({ square, values }) => restOf(square, values)),
    slopes: found.map(({ slope_square, slopes }) => restOf(slope_square, slopes)),
  };
  const slopes = new Float64Array(samples * samples);
  const output = pairwise(samples, (a, b) => {
    if (a === b) {
      const { square, slope_square } = found[a] as Expectations;
      slopes[a * samples + a] = slope_square;
      return square;
    }
    const scale = Math.sqrt((variances[a] as number) * (variances[b] as number));
    const covariance = (gram[a * samples + b] as number) - (mean[a] as number) * (mean[b] as number);
    const c = scale === 0 ? 0 : Math.min(1, Math.max(-1, covariance / scale));
    const { value, slope } = correlated(found, rests, a, b, c);
    slopes[a * samples + b] = slope;
    slopes[b * samples + a] = slope;
    return value;
  });
  const means = Float64Array.from(found, (one) => one.mean);
  return {
    output: { samples, shape: input.shape, gram: output, mean: means },
    slopes,
    growth: Float64Array.from(found, (one) => one.growth),
    alongSlopes: Float64Array.from(found, ({ square, product_square }) =>
      square <= 0 ? 0 : Math.sqrt(Math.max(0, product_square) / square),
    ),
  };
}
