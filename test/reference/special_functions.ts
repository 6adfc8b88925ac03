/** @file Functions that JavaScript lacks or that need care, in float64 to about 1e-15. */

const SQRT_PI = Math.sqrt(Math.PI);

/** erf x = 2/√π · e^(−x²) · Σ 2ⁿ x²ⁿ⁺¹/(1·3·5…(2n+1)): all terms have one sign, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** Continued fraction of 1 − erf x for x ≥ 2, from the far end: 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))). */
function erfcFraction(x: number): number {
  let tail = x;
  for (let k = 120; k >= 1; k--) tail = x + k / 2 / tail;
  return Math.exp(-x * x) / (SQRT_PI * tail);
}

/** 2/√π · ∫₀ˣ e^(−t²) dt */
export function erf(x: number): number {
  if (Math.abs(x) < 2) return x === 0 ? x : erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}

/** ln(1 + eˣ) without overflow for large x and without loss for very negative x. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** 1/(1 + e⁻ˣ) */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
