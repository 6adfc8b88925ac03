/**
 * @file What theory says of a function before anything is trained, in a fraction of a millisecond: pre-activations are
 * N(0, q), kernels have the variance σ_w²/fan-in, biases are 0 (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017,
 * arXiv:1611.01232). Over a stack of L layers
 *   q ← σ_w² E φ(√q z)²,  gradient² × σ_w² E φ′(√q z)²,  cosine of two inputs c ← Σ a_k² c^k / Σ a_k²,
 * with a_k the coefficients of φ in normalized Hermite polynomials.
 */

import { dualAlgebra, type Expression, evaluateExpression, variable } from '../network/index.ts';
import { reflect } from './formula.ts';

export interface Foresight {
  /** Higher is better: −|log₁₀ gradient ratio| − ½ log₁₀ 1/(1 − cosine) − what is missing of a bend. */
  readonly score: number;
  /** σ_w² that keeps gradients best. */
  readonly weight_variance: number;
  /** log₁₀ of the gradient's RMS at the first layer over that at the last. */
  readonly log_gradient: number;
  /** What the stack makes of two inputs at right angles. */
  readonly cosine: number;
  /** Share of E φ² beyond mean and line, at the last layer's q. */
  readonly nonlinearity: number;
  /** Share of N(0, 1) where |φ′| is at most a thousandth of its RMS. */
  readonly flat: number;
}

/** `tailor`: shifted and scaled it might do. */
export type Foreseen = Foresight | { readonly reason: string; readonly tailor?: true };

/** φ is tabulated on −END … END. */
const [END, STEP] = [24, 0.1];
const POINTS = Math.round((2 * END) / STEP) + 1;
/** Of the integrals over z: the trapezoid rule on −6 … 6, with a node at 0 for the kinks there. */
const NODES = Array.from({ length: 97 }, (_, i) => (i - 48) / 8);
const WEIGHTS = NODES.map((z) => Math.exp((-z * z) / 2) / (8 * Math.sqrt(2 * Math.PI)));
const TERMS = 12;
const HERMITE = NODES.map((z) => {
  const h = [1, z];
  for (let k = 1; k + 1 < TERMS; k++)
    h.push((z * (h[k] as number) - Math.sqrt(k) * (h[k - 1] as number)) / Math.sqrt(k + 1));
  return h;
});
/** Moments are tabulated over ln q. */
const LOG_QS = Array.from({ length: 25 }, (_, i) => (i - 12) * 0.75);
/** σ_w² that are tried. */
const VARIANCES = Array.from({ length: 25 }, (_, i) => Math.exp((i - 8) * 0.25));

const LARGEST_VALUE = 1e4;
const FLAT_SLOPE = 1e-3;
/** ReLU is flat on one half. */
const LARGEST_FLAT = 0.6;
/** Beyond two decades over the stack neither a scale nor luck helps. */
const LARGEST_LOG_GRADIENT = 2;
/** Shares beyond mean and line: what a stack should have, and below which it is one linear map. */
const [ENOUGH_BEND, STRAIGHT] = [0.02, 1e-4];

interface Table {
  readonly values: Float64Array;
  readonly slopes: Float64Array;
}

function tabulate(e: Expression): Table | { reason: string } {
  const [values, slopes] = [new Float64Array(POINTS), new Float64Array(POINTS)];
  for (let i = 0; i < POINTS; i++) {
    const x = (i - (POINTS - 1) / 2) * STEP;
    const { v, d } = evaluateExpression(e, dualAlgebra, variable(x));
    // What explodes far out does so in training too; what is not finite ends it.
    if (!Number.isFinite(v) || !Number.isFinite(d) || Math.abs(v) > LARGEST_VALUE)
      return { reason: `not a finite number of moderate size at x = ${Number(x.toFixed(1))}` };
    values[i] = v;
    slopes[i] = d;
  }
  return { values, slopes };
}

function read(table: Float64Array, x: number): number {
  const place = Math.min(POINTS - 1.000001, Math.max(0, x / STEP + (POINTS - 1) / 2));
  const i = Math.floor(place);
  const rest = place - i;
  return (table[i] as number) * (1 - rest) + (table[i + 1] as number) * rest;
}

interface Moments {
  /** ln E φ², ln E φ′², at each of `LOG_QS`. */
  readonly square: readonly number[];
  readonly slope: readonly number[];
}

function momentsOf({ values, slopes }: Table): Moments {
  const square: number[] = [];
  const slope: number[] = [];
  for (const logQ of LOG_QS) {
    const sigma = Math.exp(logQ / 2);
    let [s, d] = [0, 0];
    for (const [i, z] of NODES.entries()) {
      s += (WEIGHTS[i] as number) * read(values, sigma * z) ** 2;
      d += (WEIGHTS[i] as number) * read(slopes, sigma * z) ** 2;
    }
    square.push(Math.log(s + 1e-300));
    slope.push(Math.log(d + 1e-300));
  }
  return { square, slope };
}

function at(logs: readonly number[], logQ: number): number {
  const place = Math.min(LOG_QS.length - 1.000001, Math.max(0, (logQ - (LOG_QS[0] as number)) / 0.75));
  const i = Math.floor(place);
  return (logs[i] as number) + (place - i) * ((logs[i + 1] as number) - (logs[i] as number));
}

interface Passage {
  readonly weight_variance: number;
  readonly log_gradient: number;
  readonly log_q: number;
}

/** Through `depth` layers from q = 1. */
function pass({ square, slope }: Moments, variance: number, depth: number): Passage {
  let [logQ, gradient] = [0, 0];
  const logVariance = Math.log(variance);
  for (let layer = 0; layer < depth; layer++) {
    gradient += (logVariance + at(slope, logQ)) / 2;
    logQ = logVariance + at(square, logQ);
  }
  return { weight_variance: variance, log_gradient: gradient / Math.LN10, log_q: logQ };
}

/** Kept gradients first, then values of order 1. */
const loss = ({ log_gradient, log_q }: Passage): number =>
  Math.abs(log_gradient) + Math.abs(log_q) / (4 * Math.LN10);

function coefficients(values: Float64Array, logQ: number): number[] {
  const sigma = Math.exp(Math.min(8, Math.max(-8, logQ)) / 2);
  const a = new Array<number>(TERMS).fill(0);
  for (const [i, z] of NODES.entries()) {
    const weighted = (WEIGHTS[i] as number) * read(values, sigma * z);
    for (let k = 0; k < TERMS; k++) a[k] = (a[k] as number) + weighted * (HERMITE[i]?.[k] as number);
  }
  return a.map((value) => value * value);
}

/** Share of N(0, 1) where the slope is next to nothing, by its own RMS: a weight scale makes up for small slopes, not for none. */
function flatShare(slopes: Float64Array): number {
  const expected = (f: (slope: number) => number) =>
    NODES.reduce((sum, z, i) => sum + (WEIGHTS[i] as number) * f(read(slopes, z)), 0);
  const least = FLAT_SLOPE * Math.sqrt(expected((slope) => slope * slope));
  return expected((slope) => (Math.abs(slope) <= least ? 1 : 0));
}

/** @param depth layers with this function, one after another, at least 1 */
export function foresee(e: Expression, depth: number): Foreseen {
  const table = tabulate(e);
  if ('reason' in table) return table;
  const flat = flatShare(table.slopes);
  if (flat > LARGEST_FLAT) return { reason: `flat for ${Math.round(100 * flat)} % of its inputs` };
  const moments = momentsOf(table);
  const passages = VARIANCES.map((variance) => pass(moments, variance, depth));
  const best = passages.reduce((a, b) => (loss(b) < loss(a) ? b : a));
  if (!(Math.abs(best.log_gradient) <= LARGEST_LOG_GRADIENT))
    return { reason: `no weight scale keeps gradients over ${depth} layers`, tailor: true };
  const squares = coefficients(table.values, best.log_q);
  const total = squares.reduce((sum, value) => sum + value, 0);
  const nonlinearity = total === 0 ? 0 : 1 - ((squares[0] as number) + (squares[1] as number)) / total;
  if (nonlinearity < STRAIGHT) return { reason: 'a straight line' };
  let cosine = 0;
  for (let layer = 0; layer < depth && total > 0; layer++)
    cosine = squares.reduceRight((sum, value) => sum * cosine + value, 0) / total;
  const score =
    -Math.abs(best.log_gradient) -
    Math.log10(1 / Math.max(1e-6, 1 - cosine)) / 2 -
    Math.max(0, Math.log10(ENOUGH_BEND / Math.max(1e-6, nonlinearity)));
  const { weight_variance, log_gradient } = best;
  return { score, weight_variance, log_gradient, cosine, nonlinearity, flat };
}

const PLACES = Array.from({ length: 16 }, (_, i) => (i + 0.5) / 4);

/** Five digits of φ at 32 places: functions with equal values are equal. */
export function fingerprint(e: Expression): string {
  const digits = (x: number) => {
    const { v } = evaluateExpression(e, dualAlgebra, variable(x));
    return Math.abs(v) < 1e-9 ? '0' : v.toPrecision(5);
  };
  return [...PLACES.map(digits), ...PLACES.map((x) => digits(-x))].join(' ');
}

/** One for φ(x), −φ(x), φ(−x) and −φ(−x): kernels of both signs are equally likely, so that these train alike. */
export function mirroredFingerprint(e: Expression): string {
  const mirrored = (inner: Expression): Expression[] => [inner, { kind: 'unary', name: 'neg', x: inner }];
  return [...mirrored(e), ...mirrored(reflect(e))].map(fingerprint).toSorted()[0] as string;
}
