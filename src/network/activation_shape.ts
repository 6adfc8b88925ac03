/** @file What a curve's form says about its units: where they saturate and whether they can die. Derived, never listed. */
import type { Activation } from './activations/activation.ts';

export interface ActivationShape {
  /**
   * For monotone activations with a bound on both sides: outputs at or beyond these have a slope below
   * `SATURATED_SLOPE` of the largest one. Null for all others.
   */
  readonly saturation: { readonly low: number; readonly high: number } | null;
  /** The output is exactly 0 with slope 0 on a whole half line, so a unit can be dead. */
  readonly dead_zone: boolean;
}

/** tanh beyond ±2.3, sigmoid beyond ±4.6: outputs within 1 % of the range from a bound. */
export const SATURATED_SLOPE = 0.04;

const GRID_END = 30;
const GRID_STEP = 0.01;

const isDead = (curve: NonNullable<Activation['curve']>, side: 1 | -1): boolean =>
  [10, 20, 30].every((x) => {
    const { v, d } = curve(side * x);
    return v === 0 && d === 0;
  });

function saturation(curve: NonNullable<Activation['curve']>): ActivationShape['saturation'] {
  const count = Math.round((2 * GRID_END) / GRID_STEP) + 1;
  const points = Array.from({ length: count }, (_, i) => curve(-GRID_END + i * GRID_STEP));
  const steepest = Math.max(...points.map((point) => point.d));
  const rising = points.every((point) => point.d >= 0 && Number.isFinite(point.v));
  // Bounded: between 10⁴ and 10⁶ hardly anything is left to gain.
  const bounded = [1, -1].every((side) => Math.abs(curve(side * 1e6).v - curve(side * 1e4).v) < 1e-3);
  if (!rising || !bounded || steepest === 0) return null;
  const steep = (point: { d: number }) => point.d >= SATURATED_SLOPE * steepest;
  const first = points[points.findIndex(steep) - 1];
  const last = points[points.findLastIndex(steep) + 1];
  return first === undefined || last === undefined ? null : { low: first.v, high: last.v };
}

const known = new Map<string, ActivationShape>();
/** A user can send any number of formulas. */
const KNOWN_LIMIT = 500;

/** Memoised by the activation's code, which carries its options. */
export function activationShape(activation: Activation): ActivationShape {
  const { curve } = activation;
  if (curve === null) return { saturation: null, dead_zone: false };
  const key = `${activation.name}:${activation.keras}`;
  let shape = known.get(key);
  if (shape === undefined) {
    shape = { saturation: saturation(curve), dead_zone: isDead(curve, -1) || isDead(curve, 1) };
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(key, shape);
  }
  return shape;
}
