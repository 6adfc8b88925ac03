/**
 * @file An activation tailored to the depth of a plain network (Zhang et al. 2022, arXiv:2203.08120, after Martens et al. 2021,
 * arXiv:2110.01765): φ̂(x) = γ (φ(αx + β) + δ), by which inputs keep their length and their angles through all layers. Of two
 * unit inputs with the cosine c a layer makes C(c) = E φ̂(u) φ̂(v), of their squared length q it makes Q(q) = E φ̂(√q z)².
 */
import { type Activation, type ActivationConfig, resolveActivation } from '../../network/index.ts';
import { expectations } from '../../network/propagation/index.ts';
import { canonicalJson } from '../../util/json.ts';

export interface Tailored {
  readonly activation: ActivationConfig;
  /** σ_w² that the kernels need: 1/fan-in. */
  readonly initializer: 'orthogonal';
}

/** The cosine that a whole network of leaky rectifiers makes of two inputs at right angles. */
const NETWORK_COSINE = 0.9;
/** C″(1) of a whole network of smooth activations, the sum over its layers. */
const NETWORK_CURVATURE = 0.3;

/** Numbers in a formula: enough for float32. */
const text = (value: number): string => String(Number(value.toPrecision(8)));

/** C(c) of √(2/(1 + a²)) · leaky ReLU with the slope a on the left. */
const leakyCosine = (c: number, a: number): number =>
  c +
  (((1 - a) ** 2 / (1 + a * a)) * (Math.sqrt(Math.max(0, 1 - c * c)) - c * Math.acos(Math.min(1, c)))) /
    Math.PI;

function networkCosine(a: number, depth: number): number {
  let c = 0;
  for (let layer = 0; layer < depth; layer++) c = leakyCosine(c, a);
  return c;
}

/** Where f changes its sign between a and b: false position, with half the value where one end stays (Illinois). */
function root(f: (x: number) => number, a: number, b: number): number {
  let [low, high, atLow, atHigh] = [a, b, f(a), f(b)];
  let middle = low;
  for (let i = 0; i < 60 && Math.abs(high - low) > 1e-12; i++) {
    middle = (low * atHigh - high * atLow) / (atHigh - atLow);
    const value = f(middle);
    if (Math.abs(value) < 1e-10) break;
    if (Math.sign(value) === Math.sign(atHigh)) atLow /= 2;
    else [low, atLow] = [high, atHigh];
    [high, atHigh] = [middle, value];
  }
  return middle;
}

/** Null where even ReLU keeps inputs further apart: then nothing has to be tailored. */
function tailoredSlope(depth: number): number | null {
  const over = (a: number) => networkCosine(a, depth) - NETWORK_COSINE;
  return over(0) <= 0 ? null : root(over, 0, 1);
}

function tailorLeaky(depth: number): Tailored | null {
  const slope = tailoredSlope(depth);
  if (slope === null) return null;
  const gain = Math.sqrt(2 / (1 + slope * slope));
  // max(x, a x) for a < 1.
  return {
    activation: { expression: `${text(gain)} * max(x, ${text(slope)} * x)` },
    initializer: 'orthogonal',
  };
}

/** Formulas of smooth activations in u. */
const formulas: Readonly<Record<string, string>> = {
  tanh: 'tanh(u)',
  sigmoid: 'sigmoid(u)',
  softplus: 'softplus(u)',
  gelu: '0.5 * u * (1 + erf(u * 0.70710678))',
  silu: 'u * sigmoid(u)',
  mish: 'u * tanh(softplus(u))',
  softsign: 'u / (1 + abs(u))',
  sine: 'sin(u)',
};

interface Point {
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly delta: number;
  /** Q(1) − 1, where C′(1) = Q′(1) = 1 by the choice of γ and δ. */
  readonly excess: number;
  readonly curvature: number;
}

/** With E over z: C′(1) = γ²α² E φ′², Q′(1) = γ²α (α growth + δ E φ′z), C″(1) = γ²α² Σ k s_k² for φ′ = Σ s_k h_k. */
function at(activation: Activation, alpha: number, beta: number): Point {
  const found = expectations(activation, [{ mean: beta, variance: alpha * alpha }])?.[0];
  if (found === undefined) throw new Error(`${activation.name} is not elementwise`);
  const { mean, square, slope_square: s, growth, slopes } = found;
  const gamma = 1 / (alpha * Math.sqrt(s));
  const delta = (alpha * (s - growth)) / (slopes[1] ?? Number.NaN);
  const bend = slopes.reduce((sum, value, k) => sum + k * value * value, 0);
  return {
    ...{ alpha, beta, gamma, delta },
    excess: gamma * gamma * (square + 2 * delta * mean + delta * delta) - 1,
    curvature: bend / s,
  };
}

/** α is looked for between these, β between −4 and 4. */
const [SMALLEST, LARGEST] = [1e-3, 8];
const BETAS = Array.from({ length: 33 }, (_, i) => (i - 16) / 4 + 0.013);

/** Shifts and scales that are rounding. */
const ROUNDING = 1e-3;
const changesNothing = ({ alpha, beta, gamma, delta }: Point): boolean =>
  [alpha - 1, beta, gamma - 1, delta].every((value) => Math.abs(value) < ROUNDING);

const ALREADY = { reason: 'the activation is tailored to this depth already' };

function tailorSmooth(
  activation: Activation,
  formula: string,
  depth: number,
): Tailored | typeof ALREADY | null {
  const wanted = NETWORK_CURVATURE / depth;
  const curved = (beta: number): Point | null => {
    // Nearly straight: the curvature grows as α².
    const over = (log: number) => Math.log(at(activation, Math.exp(log), beta).curvature / wanted);
    const [low, high] = [Math.log(SMALLEST), Math.log(LARGEST)];
    if (!(over(low) < 0 && over(high) > 0)) return null;
    return at(activation, Math.exp(root(over, low, high)), beta);
  };
  const points = BETAS.map(curved);
  const solutions = points.flatMap((point, i) => {
    const next = points[i + 1];
    if (!point || !next || !(point.excess * next.excess < 0)) return [];
    if (Math.abs(point.excess) > 1e3 || Math.abs(next.excess) > 1e3) return [];
    const beta = root((b) => curved(b)?.excess ?? Number.NaN, point.beta, next.beta);
    const solution = curved(beta);
    return solution !== null && Math.abs(solution.excess) < 1e-6 ? [solution] : [];
  });
  // Where there are several, the one that is bent in the middle of its inputs: numbers of moderate size.
  const best = solutions.toSorted((a, b) => Math.abs(a.delta * a.gamma) - Math.abs(b.delta * b.gamma))[0];
  if (best === undefined) return null;
  if (changesNothing(best)) return ALREADY;
  const u = `(${text(best.alpha)} * x + ${text(best.beta)})`;
  const inner = formula.replaceAll(/\bu\b/g, u);
  return {
    activation: { expression: `${text(best.gamma)} * (${inner} + ${text(best.delta)})` },
    initializer: 'orthogonal',
  };
}

const rectifiers: ReadonlySet<string> = new Set(['relu', 'leaky_relu', 'prelu', 'relu6']);
const MAX_EXPRESSION = 200;

const known = new Map<string, Tailored | { reason: string }>();
/** A study asks for a few, again and again, and each takes a quarter of a second. */
const MOST_KNOWN = 64;

/** @param depth layers with this activation, one after another */
export function tailorActivation(config: ActivationConfig, depth: number): Tailored | { reason: string } {
  const key = canonicalJson({ config, depth });
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const tailored = tailor(config, depth);
  known.set(key, tailored);
  return tailored;
}

function tailor(config: ActivationConfig, depth: number): Tailored | { reason: string } {
  if (depth < 2) return { reason: 'one layer has nothing to keep' };
  const activation = resolveActivation(config);
  if (rectifiers.has(activation.name)) {
    return tailorLeaky(depth) ?? { reason: `${depth} layers of ReLU keep inputs apart as they are` };
  }
  const given = typeof config === 'object' && 'expression' in config ? config.expression : undefined;
  const leaky = given === undefined ? null : tailorLeaky(depth)?.activation;
  if (leaky != null && canonicalJson(leaky) === canonicalJson(config)) return ALREADY;
  const formula = given?.replaceAll(/\bx\b/g, 'u') ?? formulas[activation.name];
  if (formula === undefined)
    return { reason: `no formula of ${activation.name} that could be shifted and scaled` };
  const tailored = tailorSmooth(activation, formula, depth);
  if (tailored === null) {
    return {
      reason: `no solution: no shift and scale of ${activation.name} keeps lengths and angles over ${depth} layers`,
    };
  }
  if ('reason' in tailored) return tailored;
  const { expression } = tailored.activation as { expression: string };
  return expression.length > MAX_EXPRESSION ? { reason: 'its formula becomes too long' } : tailored;
}
