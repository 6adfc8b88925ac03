/** @file The theory of an activation as plain numbers: what the catalogue carries. */
import type { Activation } from '../../network/index.ts';
import { activationTheory, type EdgeOfChaos } from './activation_theory.ts';

export interface TheorySummary {
  /** E φ′(z)², z standard normal: the gain χ₁ at σ_w² = 1 and q = 1. */
  readonly gain: number;
  /** E φ(z)². */
  readonly mean_square: number;
  readonly edge_of_chaos: EdgeOfChaos;
  /** Layers over which the squared gradient norm changes by a factor of e at σ_w² = 1, σ_b = 0; ∞ where it stays. */
  readonly depth_scale: number;
}

/** Null for activations that are not elementwise. */
export function theorySummary(activation: Activation): TheorySummary | null {
  const theory = activationTheory(activation);
  if (theory === null) return null;
  return {
    gain: theory.slope_square(1),
    mean_square: theory.mean_square(1),
    edge_of_chaos: theory.edge_of_chaos,
    depth_scale: theory.depth_scale(1, 0),
  };
}
