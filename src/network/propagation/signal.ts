/**
 * @file What the theory knows of a layer's values: second moments over its units, for every pair of samples. Matrices
 * [samples × samples] are row-major.
 */
import { assert } from '../../util/assert.ts';

export interface Signal {
  readonly samples: number;
  /** Without the batch. */
  readonly shape: readonly number[];
  /** E x_a x_b over the elements, for samples a and b. */
  readonly gram: Float64Array;
  /** E x_a over the elements. */
  readonly mean: Float64Array;
}

/** Second moments E δ_a δ_b over the elements of the loss gradient at a layer's values. */
export type Covariance = Float64Array;

/**
 * The loss gradient at a layer's values x, in two parts that have nothing in common: random ones with mean 0, and 2 g_a x_a
 * per element count, along the values themselves. The second is there because the loss depends on q, which every layer
 * hands on: g_a is the derivative of the loss by E x_a². It grows by dq_{l+1}/dq_l (χ∥) from layer to layer, not by χ₁.
 */
export interface Gradient {
  /** Of the random part. */
  readonly covariance: Covariance;
  readonly radial: Float64Array;
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** f of every pair, by symmetry computed once. */
export function pairwise(samples: number, f: (a: number, b: number) => number): Float64Array {
  const matrix = new Float64Array(samples * samples);
  for (let a = 0; a < samples; a++) {
    for (let b = 0; b <= a; b++) {
      const value = f(a, b);
      matrix[a * samples + b] = value;
      matrix[b * samples + a] = value;
    }
  }
  return matrix;
}

export function scaled(matrix: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(matrix.length);
  for (let i = 0; i < matrix.length; i++) out[i] = (matrix[i] as number) * factor;
  return out;
}

/** Elementwise product. */
export function product(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) * (b[i] as number);
  return out;
}

/** a + factor · b. */
export function combined(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = (a[i] as number) + factor * (b[i] as number);
  return out;
}

export const sum = (a: Float64Array, b: Float64Array): Float64Array => combined(a, b, 1);

/** Mean over the diagonal. */
export function diagonalMean(matrix: Float64Array, samples: number): number {
  let total = 0;
  for (let a = 0; a < samples; a++) total += matrix[a * samples + a] as number;
  return total / samples;
}

/** The largest number that a training, which is in float32, can hold. */
export const MAX_FLOAT32 = (2 - 2 ** -23) * 2 ** 127;

/** Of the sample whose values are largest; NaN where one of them is. */
export const largestRms = ({ samples, gram }: Signal): number =>
  Math.sqrt(
    Array.from({ length: samples }, (_, a) => gram[a * samples + a] as number).reduce((x, y) =>
      Math.max(x, y),
    ),
  );

/** Means removed from every row and every column: the moments of x_a − mean over samples. */
export function centered(matrix: Float64Array, samples: number): Float64Array {
  const rows = new Float64Array(samples);
  for (let a = 0; a < samples; a++) {
    for (let b = 0; b < samples; b++) rows[a] = (rows[a] as number) + (matrix[a * samples + b] as number);
  }
  const total = rows.reduce((x, y) => x + y, 0) / samples / samples;
  return pairwise(
    samples,
    (a, b) =>
      (matrix[a * samples + b] as number) - ((rows[a] as number) + (rows[b] as number)) / samples + total,
  );
}

/** The moments of actual values. @param values [samples, …shape] row-major */
export function measured(values: Float32Array, shape: readonly number[]): Signal {
  const size = sizeOf(shape);
  const samples = values.length / size;
  assert(Number.isInteger(samples), 'whole samples');
  const dot = (a: number, b: number) => {
    let total = 0;
    for (let i = 0; i < size; i++)
      total += (values[a * size + i] as number) * (values[b * size + i] as number);
    return total / size;
  };
  const mean = Float64Array.from({ length: samples }, (_, a) => {
    let total = 0;
    for (let i = 0; i < size; i++) total += values[a * size + i] as number;
    return total / size;
  });
  return { samples, shape, gram: pairwise(samples, dot), mean };
}

/** Second moments of the part along the values. */
export function alongValues(radial: Float64Array, { samples, shape, gram }: Signal): Covariance {
  const size = sizeOf(shape);
  const factors = radial.map((value) => (2 * value) / size);
  return pairwise(
    samples,
    (a, b) => (factors[a] as number) * (factors[b] as number) * (gram[a * samples + b] as number),
  );
}

/** Second moments of both parts. */
export const wholeOf = (gradient: Gradient, at: Signal): Covariance =>
  gradient.radial.every((value) => value === 0)
    ? gradient.covariance
    : sum(gradient.covariance, alongValues(gradient.radial, at));

/** A gradient without a part along the values. */
export const incoherent = (covariance: Covariance, samples: number): Gradient => ({
  covariance,
  radial: new Float64Array(samples),
});
