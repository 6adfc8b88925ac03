/** @file The error function in float64. */

/** Σ of erf's Maclaurin series, 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n!(2n+1)); for |x| < 2.5 cancellation stays below 1e-13. */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** erfc(x) for x ≥ 2.5 by its continued fraction (Abramowitz & Stegun 7.1.14), evaluated from the tail. */
function complement(x: number): number {
  let tail = 0;
  for (let n = 60; n > 0; n--) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

/** erf(x) = 2/√π ∫₀ˣ e^(−t²) dt, absolute error below 1e-13; NaN for NaN, ±1 at ±∞. */
export function erf(x: number): number {
  if (Number.isNaN(x) || x === 0) return x;
  const magnitude = Math.abs(x);
  if (magnitude < 2.5) return series(x);
  return Math.sign(x) * (1 - (magnitude > 27 ? 0 : complement(magnitude)));
}
