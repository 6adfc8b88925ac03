/**
 * @file Expectations of an activation over a normal input x = mean + √variance · z: E φ, E φ², E φ′², and the
 * coefficients of φ and φ′ in Hermite polynomials of z, from which correlations of two inputs follow. Closed forms for
 * piecewise linear curves, Gauss–Legendre panels split at the kinks for all others.
 */
import type { Activation } from '../activations/activation.ts';
import { density, distribution, gaussLegendre, hermite } from './gaussian.ts';
import { type Curve, type CurveForm, curveForm, type Piece } from './kinks.ts';

/** Terms of the Hermite series; what lies beyond is known in sum and treated in `gram.ts`. */
export const TERMS = 24;

export interface Expectations {
  /** E φ(x). */
  readonly mean: number;
  /** E φ(x)². */
  readonly square: number;
  /** E φ′(x)². */
  readonly slope_square: number;
  /** d E φ² / d variance = E φ(x) φ′(x) z / √variance. */
  readonly growth: number;
  /** E φ² φ′². */
  readonly product_square: number;
  /** E φ(x) h_k(z), k < `TERMS`. */
  readonly values: Float64Array;
  /** E φ′(x) h_k(z), k < `TERMS`. */
  readonly slopes: Float64Array;
}

export interface Normal {
  readonly mean: number;
  readonly variance: number;
}

/** Moments of a standard normal over (a, b): E 1, E z, E z². */
function truncated(a: number, b: number): [mass: number, first: number, second: number] {
  const [pa, pb] = [density(a), density(b)];
  const mass = distribution(b) - distribution(a);
  const tail = (z: number, p: number) => (Number.isFinite(z) ? z * p : 0);
  return [mass, pa - pb, mass + tail(a, pa) - tail(b, pb)];
}

/** By integration by parts every coefficient beyond the first is a sum over the kinks. */
function straightSeries(pieces: readonly Piece[], { mean, variance }: Normal) {
  const sigma = Math.sqrt(variance);
  const values = new Float64Array(TERMS);
  const slopes = new Float64Array(TERMS);
  const polynomials = new Float64Array(TERMS);
  for (let i = 1; i < pieces.length; i++) {
    const [left, right] = [pieces[i - 1] as Piece, pieces[i] as Piece];
    const z = (right.from - mean) / sigma;
    const bend = (right.slope - left.slope) * density(z);
    const rise =
      (right.slope * right.from + right.intercept - left.slope * right.from - left.intercept) * density(z);
    hermite(z, polynomials, 0, TERMS);
    for (let k = 1; k < TERMS; k++) {
      const polynomial = (polynomials[k - 1] as number) / Math.sqrt(k);
      slopes[k] = (slopes[k] as number) + bend * polynomial;
      values[k] = (values[k] as number) + rise * polynomial;
    }
  }
  return { values, slopes };
}

function straight(pieces: readonly Piece[], normal: Normal): Expectations {
  const { mean: center, variance } = normal;
  const sigma = Math.sqrt(variance);
  const { values, slopes } = straightSeries(pieces, normal);
  let [mean, square, slope_square, slope_mean, growth, product_square] = [0, 0, 0, 0, 0, 0];
  for (const { from, to, slope, intercept } of pieces) {
    const [m0, m1, m2] = truncated((from - center) / sigma, (to - center) / sigma);
    const [c, s] = [intercept + slope * center, slope * sigma];
    mean += c * m0 + s * m1;
    const own = c * c * m0 + 2 * c * s * m1 + s * s * m2;
    square += own;
    product_square += slope * slope * own;
    growth += (slope * (c * m1 + s * m2)) / sigma;
    slope_square += slope * slope * m0;
    slope_mean += slope * m0;
  }
  values[0] = mean;
  slopes[0] = slope_mean;
  for (let k = 1; k < TERMS; k++)
    values[k] = (values[k] as number) + (sigma * (slopes[k - 1] as number)) / Math.sqrt(k);
  return { mean, square, slope_square, growth, product_square, values, slopes };
}

const RULE = gaussLegendre(10);
/** Beyond |z| = 9 lies 1e-19 of the mass; curves that grow like e^x shift theirs there, hence the wide end. */
const PANELS = [-12, -6.5, -4, -2.5, -1.2, 0, 1.2, 2.5, 4, 6.5, 12];
/** Where activations bend, in units of x. */
const BENDS = [-6, -3, -1.2, 0, 1.2, 3, 6];
/** Panels narrower than this are not worth their nodes. */
const NARROWEST = 0.03;

function panelsOf({ mean, variance }: Normal, kinks: readonly number[]): number[] {
  const sigma = Math.sqrt(variance);
  const exact = kinks.map((x) => (x - mean) / sigma).filter((z) => Math.abs(z) < 12);
  const ends = [...PANELS, ...BENDS.map((x) => (x - mean) / sigma).filter((z) => Math.abs(z) < 2.5)];
  const spaced = ends.filter((z) => exact.every((kink) => Math.abs(z - kink) > NARROWEST));
  const sorted = [...exact, ...spaced].sort((a, b) => a - b);
  return sorted.filter((z, i) => exact.includes(z) || i === 0 || z - (sorted[i - 1] as number) > NARROWEST);
}

/** The integrals without the series. */
export type Moments = Omit<Expectations, 'values' | 'slopes'>;

/** What the integrals are summed up in. */
class MomentSums {
  mean = 0;
  square = 0;
  slope_square = 0;
  growth = 0;
  product_square = 0;

  add(z: number, weight: number, v: number, d: number): void {
    const [value, slope] = [weight * v, weight * d];
    this.mean += value;
    this.square += value * v;
    this.slope_square += slope * d;
    this.growth += value * d * z;
    this.product_square += value * v * d * d;
  }
}

class Sums extends MomentSums {
  readonly values = new Float64Array(TERMS);
  readonly slopes = new Float64Array(TERMS);
  readonly #polynomials = new Float64Array(TERMS);

  override add(z: number, weight: number, v: number, d: number): void {
    super.add(z, weight, v, d);
    const [value, slope] = [weight * v, weight * d];
    hermite(z, this.#polynomials, 0, TERMS);
    for (let k = 0; k < TERMS; k++) {
      const polynomial = this.#polynomials[k] as number;
      this.values[k] = (this.values[k] as number) + value * polynomial;
      this.slopes[k] = (this.slopes[k] as number) + slope * polynomial;
    }
  }
}

function quadrature<S extends MomentSums>(
  curve: Curve,
  kinks: readonly number[],
  normal: Normal,
  sums: S,
): S {
  const sigma = Math.sqrt(normal.variance);
  const panels = panelsOf(normal, kinks);
  for (let i = 0; i + 1 < panels.length; i++) {
    const [a, b] = [panels[i] as number, panels[i + 1] as number];
    RULE.nodes.forEach((node, j) => {
      const z = (a + b + (b - a) * node) / 2;
      const weight = ((b - a) / 2) * (RULE.weights[j] as number) * density(z);
      const { v, d } = curve(normal.mean + sigma * z);
      sums.add(z, weight, v, d);
    });
  }
  sums.growth /= sigma;
  return sums;
}

/** The input is a number: φ and φ′ at it. */
function certain(curve: Curve, x: number): Expectations {
  const { v, d } = curve(x);
  const values = new Float64Array(TERMS);
  const slopes = new Float64Array(TERMS);
  values[0] = v;
  slopes[0] = d;
  return {
    mean: v,
    square: v * v,
    slope_square: d * d,
    growth: d * d,
    product_square: v * v * d * d,
    values,
    slopes,
  };
}

/** Below this standard deviation the input counts as a number: no activation bends within it. */
const NO_SPREAD = 1e-150;

function expectationsOf(curve: Curve, form: CurveForm, normal: Normal): Expectations {
  if (normal.variance < NO_SPREAD) return certain(curve, normal.mean);
  return form.pieces === null
    ? quadrature(curve, form.kinks, normal, new Sums())
    : straight(form.pieces, normal);
}

/** Points at which many variances are computed before the rest is interpolated. */
const NODES = 10;
const WIDE_RATIO = 10;
/** Enough where the largest standard deviation is at most so many times the smallest. */
const [FEW_NODES, FEW_RATIO] = [5, 1.3];

/**
 * Chebyshev points of the second kind on [low, high] and their barycentric weights; in logarithms, so that the small ones
 * are as exact as the large ones, where none is 0.
 */
function interpolate(low: number, high: number, at: (sigma: number) => Expectations) {
  const count = high <= FEW_RATIO * low ? FEW_NODES : NODES;
  const [onto, from] = low > 0 ? [Math.log, Math.exp] : [Number, Number];
  const [start, end] = [onto(low), onto(high)];
  const nodes = Array.from({ length: count }, (_, i) => {
    const x = (start + end) / 2 + ((end - start) / 2) * Math.cos((Math.PI * i) / (count - 1));
    return { x, weight: (i % 2 === 0 ? 1 : -1) * (i === 0 || i === count - 1 ? 0.5 : 1), ...at(from(x)) };
  });
  return (sigma: number): Expectations => {
    const at = onto(sigma);
    const exact = nodes.find((node) => Math.abs(node.x - at) <= 1e-12 * (end - start));
    if (exact !== undefined) return exact;
    const factors = nodes.map(({ x, weight }) => weight / (at - x));
    const total = factors.reduce((a, b) => a + b, 0);
    return mixed(
      nodes,
      factors.map((factor) => factor / total),
    );
  };
}

/** Σ factor · expectations. */
function mixed(nodes: readonly Expectations[], factors: readonly number[]): Expectations {
  const values = new Float64Array(TERMS);
  const slopes = new Float64Array(TERMS);
  let [mean, square, slope_square, growth, product_square] = [0, 0, 0, 0, 0];
  for (let i = 0; i < nodes.length; i++) {
    const [node, factor] = [nodes[i] as Expectations, factors[i] as number];
    mean += factor * node.mean;
    square += factor * node.square;
    slope_square += factor * node.slope_square;
    growth += factor * node.growth;
    product_square += factor * node.product_square;
    for (let k = 0; k < TERMS; k++) {
      values[k] = (values[k] as number) + factor * (node.values[k] as number);
      slopes[k] = (slopes[k] as number) + factor * (node.slopes[k] as number);
    }
  }
  return { mean, square, slope_square, growth, product_square, values, slopes };
}

/**
 * The expectations of `activation` under each of the normal inputs.
 * @throws never; for activations that are not elementwise null
 */
export function expectations(activation: Activation, normals: readonly Normal[]): Expectations[] | null {
  const { curve } = activation;
  if (curve === null) return null;
  const form = curveForm(activation, curve);
  const direct = (normal: Normal) => expectationsOf(curve, form, normal);
  const means = new Set(normals.map(({ mean }) => mean));
  const sigmas = normals.map(({ variance }) => Math.sqrt(Math.max(variance, 0)));
  const [low, high] = [Math.min(...sigmas), Math.max(...sigmas)];
  if (means.size > 1 || form.pieces !== null) return normals.map(direct);
  const mean = normals[0]?.mean ?? 0;
  if (high - low <= 1e-6 * high) {
    const one = direct({ mean, variance: high * high });
    return normals.map(() => one);
  }
  // Too wide a range for a polynomial: what vanishes with the variance would drown in its error.
  if (normals.length <= NODES || high > WIDE_RATIO * low) return normals.map(direct);
  const between = interpolate(low, high, (sigma) => direct({ mean, variance: sigma * sigma }));
  return sigmas.map(between);
}

/** The moments alone under one normal input, for which the series need not be computed; null for activations that are not elementwise. */
export function moments(activation: Activation, normal: Normal): Moments | null {
  const { curve } = activation;
  if (curve === null) return null;
  const form = curveForm(activation, curve);
  return form.pieces === null && normal.variance >= NO_SPREAD
    ? quadrature(curve, form.kinks, normal, new MomentSums())
    : expectationsOf(curve, form, normal);
}
