/**
 * @file What mean-field theory says of an activation by itself: moments, gain, edge of chaos, depth scale. Pre-activations
 * are N(0, q); weights have the variance σ_w²/fan_in, biases σ_b² (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al.
 * 2017, arXiv:1611.01232; Hayou et al. 2019, arXiv:1902.06853, for the edge of chaos of smooth activations).
 */
import type { Activation } from '../../network/index.ts';
import { type Curve, density, moments } from '../../network/propagation/index.ts';
import { present } from '../../util/assert.ts';

export interface EdgeOfChaos {
  /** σ_w², or null where no weights keep both values and gradients. */
  readonly weight_variance: number | null;
  /** σ_b²: 0 where that is possible. */
  readonly bias_variance: number | null;
  /** The fixed point q = σ_w² E φ² + σ_b²; null where every q is one, 0 where values shrink towards 0 ever more slowly. */
  readonly q: number | null;
  /** σ_w² E φ′² there: 1. */
  readonly gain: number | null;
  /** What the numbers mean, or why there are none. */
  readonly note: string;
}

export interface ActivationTheory {
  /** E φ(√q z)². */
  mean_square(q: number): number;
  /** E φ′(√q z)²: the gain χ₁ at σ_w² = 1. */
  slope_square(q: number): number;
  readonly edge_of_chaos: EdgeOfChaos;
  /** q after many layers; ∞ where it grows without bound. */
  fixed_point(weightVariance: number, biasVariance: number): number;
  /** Layers over which the squared gradient norm changes by a factor of e, 1/|ln χ₁| at the fixed point; ∞ at the edge. */
  depth_scale(weightVariance: number, biasVariance: number): number;
}

interface Point {
  readonly q: number;
  readonly square: number;
  readonly slope: number;
  /** d E φ² / dq. */
  readonly growth: number;
}

/** Layers after which a fixed point counts as found, and q beyond which values have vanished or exploded. */
const LAYERS = 300;
const [SMALLEST_Q, LARGEST_Q] = [1e-12, 1e12];

/** q of the edge of chaos is looked for between these; the search is by factor. */
const [SMALLEST, LARGEST, FACTOR] = [1e-4, 1e4, 1.25];

/** q − E φ²/E φ′²: the bias variance that makes q a fixed point where the gain is 1. */
const biasOf = ({ q, square, slope }: Point): number => q - square / slope;

/** Relative to q: moments are exact to some 1e-12. */
const ROUNDING = 1e-9;

const isStable = ({ slope, growth }: Point): boolean => growth / slope <= 1 + 1e-6;

function edgeAt(point: Point, note: string): EdgeOfChaos {
  const bias = biasOf(point);
  const rounded = bias < ROUNDING * point.q ? 0 : bias;
  return { weight_variance: 1 / point.slope, bias_variance: rounded, q: point.q, gain: 1, note };
}

const none = (note: string): EdgeOfChaos => ({
  weight_variance: null,
  bias_variance: null,
  q: null,
  gain: null,
  note,
});

/** Where f changes its sign between two values of q, by bisection in ln q. */
function crossing(at: (q: number) => Point, low: number, high: number, f: (point: Point) => number): Point {
  let [a, b] = [low, high];
  const sign = Math.sign(f(at(a)));
  for (let i = 0; i < 60; i++) {
    const middle = Math.sqrt(a * b);
    if (Math.sign(f(at(middle))) === sign) a = middle;
    else b = middle;
  }
  return at(b);
}

/** Whether the quadrature holds all of E φ²: of curves that grow like eˣ the mass leaves it. */
const isContained = (curve: Curve, { q, square }: Point): boolean =>
  [-12, 12].every((z) => curve(Math.sqrt(q) * z).v ** 2 * density(z) < 1e-9 * square);

function scan(curve: Curve, at: (q: number) => Point): Point[] {
  const points: Point[] = [];
  for (let q = SMALLEST; q <= LARGEST; q *= FACTOR) points.push(at(q));
  return points.filter((point) => point.slope > 0 && isContained(curve, point));
}

/** So little that a curve is straight on either side of 0. */
const VANISHING_Q = 1e-24;

/** φ(0) = 0 and values that shrink: the edge is where the gain of vanishing values is 1. */
function edgeAtZero(curve: Curve, at: (q: number) => Point): EdgeOfChaos | null {
  const { slope } = at(VANISHING_Q);
  const near = at(1e-3);
  if (curve(0).v !== 0 || slope === 0 || !(near.square / near.q < slope * (1 + 1e-9))) return null;
  const note = 'σ_b = 0; values shrink towards 0, ever more slowly';
  return { weight_variance: 1 / slope, bias_variance: 0, q: 0, gain: 1, note };
}

/** With biases: of all stable points on the edge the one with the least σ_b². */
function edgeWithBias(at: (q: number) => Point, points: readonly Point[]): EdgeOfChaos | null {
  const usable = points.filter((point) => isStable(point) && biasOf(point) >= 0);
  const least = usable.toSorted((a, b) => biasOf(a) - biasOf(b))[0];
  if (least === undefined) return null;
  // The stable points end where dq/dq is 1, between two of the scan.
  const before = points.findLast(({ q }) => q < least.q);
  const exact =
    before === undefined || isStable(before)
      ? least
      : crossing(at, before.q, least.q, ({ slope, growth }) => growth / slope - 1);
  return edgeAt(
    exact,
    'without biases no q is a stable fixed point with gain 1; these are the smallest biases',
  );
}

function edgeOf(curve: Curve, at: (q: number) => Point): EdgeOfChaos {
  const points = scan(curve, at);
  const first = points[0];
  if (first === undefined) return none('φ′ is 0 or φ grows without bound: no weights give the gain 1');
  if (points.every((point) => Math.abs(biasOf(point)) < ROUNDING * point.q))
    return { ...edgeAt(first, 'σ_b = 0; every q is a fixed point'), q: null };
  if (Math.abs(biasOf(first)) < ROUNDING * first.q)
    return { ...edgeAt(first, 'σ_b = 0; every small q is a fixed point'), q: null };
  const zero = edgeAtZero(curve, at);
  if (zero !== null) return zero;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1] as Point, points[i] as Point];
    if (Math.sign(biasOf(a)) === Math.sign(biasOf(b))) continue;
    const point = crossing(at, a.q, b.q, biasOf);
    if (isStable(point)) return edgeAt(point, 'σ_b = 0');
  }
  return (
    edgeWithBias(at, points) ??
    none('where the gain is 1, q is no stable fixed point, with biases or without')
  );
}

function fixedPoint(
  at: (q: number) => Point,
  vanishing: Point,
  weightVariance: number,
  biasVariance: number,
): number {
  let q = 1;
  let before = q;
  for (let layer = 0; layer < LAYERS; layer++) {
    before = q;
    q = weightVariance * at(q).square + biasVariance;
    if (!(q < LARGEST_Q)) return Number.POSITIVE_INFINITY;
    if (q < SMALLEST_Q) return 0;
    if (Math.abs(q - before) <= 1e-12 * q) return q;
  }
  // At the edge of chaos itself values shrink like one over the depth: no number of layers ends it.
  const dwindling = q < before && weightVariance * vanishing.slope <= 1 + 1e-9 && biasVariance === 0;
  return dwindling ? 0 : q;
}

const known = new Map<string, ActivationTheory>();
const KNOWN_LIMIT = 500;

/** The theory of an elementwise activation; null for those over an axis (softmax). Memoised by its code, which carries its options. */
export function activationTheory(activation: Activation): ActivationTheory | null {
  if (activation.curve === null) return null;
  const key = `${activation.name}:${activation.keras}`;
  const made = known.get(key) ?? createTheory(activation);
  if (known.size >= KNOWN_LIMIT) known.clear();
  known.set(key, made);
  return made;
}

function createTheory(activation: Activation): ActivationTheory {
  const compute = (q: number): Point => {
    const found = present(moments(activation, { mean: 0, variance: q }));
    return { q, square: found.square, slope: found.slope_square, growth: found.growth };
  };
  // Both moments of a layer are asked for one after the other.
  let latest: Point | null = null;
  const at = (q: number): Point => {
    if (latest?.q !== q) latest = compute(q);
    return latest;
  };
  const curve = present(activation.curve);
  const vanishing = at(VANISHING_Q);
  const fixed_point = (weightVariance: number, biasVariance: number) =>
    fixedPoint(at, vanishing, weightVariance, biasVariance);
  return {
    mean_square: (q) => at(q).square,
    slope_square: (q) => at(q).slope,
    edge_of_chaos: edgeOf(curve, at),
    fixed_point,
    depth_scale(weightVariance, biasVariance) {
      const q = Math.min(LARGEST_Q, Math.max(VANISHING_Q, fixed_point(weightVariance, biasVariance)));
      const change = Math.abs(Math.log(weightVariance * at(q).slope));
      return change < 1e-9 ? Number.POSITIVE_INFINITY : 1 / change;
    },
  };
}
