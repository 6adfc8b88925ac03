/** @file Numbers of the standard normal distribution: density, distribution, Hermite polynomials, quadrature nodes. */
import { erf } from '../erf.ts';

const ROOT_TWO_PI = Math.sqrt(2 * Math.PI);

/** e^(−z²/2)/√(2π). */
export const density = (z: number): number => Math.exp((-z * z) / 2) / ROOT_TWO_PI;

/** P(Z ≤ z). */
export const distribution = (z: number): number => (1 + erf(z * Math.SQRT1_2)) / 2;

/** erfc by its absolute value only where it is used: |x| of a few units. */
export const complementaryError = (x: number): number => 1 - erf(x);

/**
 * Normalized probabilists' Hermite polynomials h₀(z) … h_{n−1}(z), E[hⱼ(Z) hₖ(Z)] = 1 if j = k else 0, by
 * h_{k+1} = (z h_k − √k h_{k−1})/√(k+1); written to `out` from `offset` on.
 */
export function hermite(z: number, out: Float64Array, offset: number, n: number): void {
  out[offset] = 1;
  if (n > 1) out[offset + 1] = z;
  for (let k = 1; k + 1 < n; k++) {
    const [here, before] = [out[offset + k] as number, out[offset + k - 1] as number];
    out[offset + k + 1] = (z * here - Math.sqrt(k) * before) / Math.sqrt(k + 1);
  }
}

interface Rule {
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Gauss–Legendre on [−1, 1] with n nodes: the roots of the Legendre polynomial by Newton's method. */
export function gaussLegendre(n: number): Rule {
  const nodes: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let pass = 0; pass < 100; pass++) {
      let [before, here] = [1, x];
      for (let k = 2; k <= n; k++) [before, here] = [here, ((2 * k - 1) * x * here - (k - 1) * before) / k];
      slope = (n * (x * here - before)) / (x * x - 1);
      const change = here / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    nodes.push(x);
    weights.push(2 / ((1 - x * x) * slope * slope));
  }
  return { nodes, weights };
}
