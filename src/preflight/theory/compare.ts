/** @file Activations side by side: what theory and their curves say of stacks of them. */
import {
  type ActivationConfig,
  type ActivationShape,
  activationShape,
  resolveActivation,
} from '../../network/index.ts';
import { activationTheory } from './activation_theory.ts';
import { type TheorySummary, theorySummary } from './summary.ts';
import { tailorActivation } from './tailor.ts';

export interface Curve {
  readonly inputs: readonly number[];
  readonly values: readonly number[];
  readonly derivatives: readonly number[];
}

/** What a stack of `depth` layers does to the gradient's RMS from its last layer to its first. */
export interface GradientRange {
  /** σ_w². */
  readonly weight_variance: number;
  /** χ₁^(depth/2), χ₁ along the way of q from 1: 1 keeps the gradient, ∞ and 0 where it leaves the numbers. */
  readonly ratio: number;
  /** Whether it is that of the edge of chaos, where q is at its fixed point from the first layer on. */
  readonly edge_of_chaos: boolean;
}

export interface ComparedActivation {
  readonly activation: ActivationConfig;
  readonly name: string;
  /** Null for softmax, which is not elementwise. */
  readonly theory: TheorySummary | null;
  /** By σ_w²: from ¼ to 16 in steps of √2, and at the edge of chaos where there is one. */
  readonly gradient_range: readonly GradientRange[];
  /** Smallest and largest φ′ on the curve. */
  readonly slope_range: { readonly min: number; readonly max: number };
  readonly saturation: ActivationShape['saturation'];
  readonly dead_zone: boolean;
  readonly curve: Curve;
  /** By which a plain stack of `depth` layers keeps lengths and angles of its inputs, or why there is none. */
  readonly tailored: ReturnType<typeof tailorActivation>;
}

/** σ_w²: ¼ … 16. */
const VARIANCES = Array.from({ length: 13 }, (_, i) => 2 ** (i / 2 - 2));

/** −6 … 6 in steps of 0.2. */
const INPUTS = Array.from({ length: 61 }, (_, i) => (i - 30) / 5);

/** Where no layers are followed any further. */
const LARGEST_Q = 1e150;

const isSame = (a: number, b: number): boolean => Math.abs(a - b) < 1e-13 * Math.abs(a);

function gradientRatio(
  theory: NonNullable<ReturnType<typeof activationTheory>>,
  weightVariance: number,
  biasVariance: number,
  start: number,
  depth: number,
): number {
  const step = (at: number) => ({
    growth: Math.log(weightVariance * theory.slope_square(at)) / 2,
    next: weightVariance * theory.mean_square(at) + biasVariance,
  });
  let [q, logarithm, before] = [start, 0, { growth: Number.NaN, factor: Number.NaN }];
  for (let layer = 0; layer < depth && q > 0 && q < LARGEST_Q; layer++) {
    const { growth, next } = step(q);
    // At its fixed point all further layers are the same.
    if (Math.abs(next - q) < 1e-12 * q) return Math.exp(logarithm + (depth - layer) * growth);
    const factor = next / q;
    // Far out most curves are straight: q grows by the same factor in all further layers, until it leaves the numbers.
    if (factor > 1 && isSame(factor, before.factor) && isSame(growth, before.growth)) {
      const layers = Math.min(depth - layer, Math.ceil(Math.log(LARGEST_Q / q) / Math.log(factor)));
      const end = q * factor ** (layers - 1);
      const last = step(end);
      if (isSame(last.growth, growth) && isSame(last.next / end, factor))
        return Math.exp(logarithm + layers * growth);
    }
    before = { growth, factor };
    logarithm += growth;
    q = next;
  }
  return Math.exp(logarithm);
}

function rangesOf(theory: ReturnType<typeof activationTheory>, depth: number): GradientRange[] {
  if (theory === null) return [];
  const at = (weight_variance: number, bias = 0, start = 1, edge_of_chaos = false): GradientRange => ({
    weight_variance,
    ratio: gradientRatio(theory, weight_variance, bias, start, depth),
    edge_of_chaos,
  });
  const { weight_variance, bias_variance, q } = theory.edge_of_chaos;
  const edge = weight_variance === null ? [] : [at(weight_variance, bias_variance ?? 0, q || 1, true)];
  const all = [...VARIANCES.map((variance) => at(variance)), ...edge];
  return all.toSorted((a, b) => a.weight_variance - b.weight_variance);
}

function compare(config: ActivationConfig, depth: number): ComparedActivation {
  const activation = resolveActivation(config);
  const { values, derivatives } = activation.evaluate(INPUTS);
  return {
    activation: config,
    name: activation.name,
    theory: theorySummary(activation),
    gradient_range: rangesOf(activationTheory(activation), depth),
    slope_range: { min: Math.min(...derivatives), max: Math.max(...derivatives) },
    ...activationShape(activation),
    curve: { inputs: INPUTS, values, derivatives },
    tailored: tailorActivation(config, depth),
  };
}

/**
 * Gain, depth scale, edge of chaos, gradient over `depth` layers, saturation, dead zone, curve and tailored version of each
 * activation. The curve of softmax is that of all inputs as one vector.
 * @param depth number of layers, at least 1
 */
export const compareActivations = (
  activations: readonly ActivationConfig[],
  depth: number,
): ComparedActivation[] => activations.map((config) => compare(config, depth));
