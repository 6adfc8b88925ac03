/** @file Where a curve is not smooth, and whether it is made of straight pieces: found on the curve, never listed. */
import type { Activation } from '../activations/activation.ts';

export type Curve = NonNullable<Activation['curve']>;

/** φ(x) = intercept + slope · x on (from, to). */
export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly slope: number;
  readonly intercept: number;
}

export interface CurveForm {
  /** Where value or slope jump, ascending. */
  readonly kinks: readonly number[];
  /** The whole curve, where it is piecewise linear; else null. */
  readonly pieces: readonly Piece[] | null;
}

const END = 12;
const STEP = 0.01;
/** A change between neighbours of the grid that is looked into; smooth curves change by less or are found smooth. */
const SUSPECT = 0.03;
const HALVINGS = 34;

const change = (curve: Curve, a: number, b: number): number => {
  const [p, q] = [curve(a), curve(b)];
  return (Math.abs(p.v - q.v) + Math.abs(p.d - q.d)) / (1 + Math.abs(p.d));
};

/** The jump inside [a, b], or null where the change shrinks with the interval. */
function jump(curve: Curve, a: number, b: number): number | null {
  let [low, high] = [a, b];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (change(curve, low, middle) >= change(curve, middle, high)) high = middle;
    else low = middle;
  }
  if (!(change(curve, low, high) > SUSPECT / 3)) return null;
  // Constants of formulas have few digits; the bisection ends within 1e-12 of them.
  return Math.round(high * 1e9) / 1e9;
}

function piecesOf(curve: Curve, kinks: readonly number[]): Piece[] | null {
  const ends = [Number.NEGATIVE_INFINITY, ...kinks, Number.POSITIVE_INFINITY];
  const pieces: Piece[] = [];
  for (let i = 0; i + 1 < ends.length; i++) {
    const [from, to] = [ends[i] as number, ends[i + 1] as number];
    const [low, high] = [Math.max(from, -1e4), Math.min(to, 1e4)];
    // Uneven fractions near both ends and in between: curves that are straight at all of them are straight.
    const points = [1e-4, 0.0013, 0.4988, 0.4997, 0.50009, 0.5013, 0.51, 0.37, 0.73, 0.9987, 0.9999].map(
      (fraction) => {
        const x = low + fraction * (high - low);
        return { x, ...curve(x) };
      },
    );
    const { x, v, d: slope } = points[2] as (typeof points)[number];
    const intercept = v - slope * x;
    const straight = points.every(
      (p) =>
        Math.abs(p.d - slope) <= 1e-12 * (1 + Math.abs(slope)) &&
        Math.abs(p.v - slope * p.x - intercept) <= 1e-9 * (1 + Math.abs(p.v)),
    );
    if (!straight) return null;
    pieces.push({ from, to, slope, intercept });
  }
  return pieces;
}

function formOf(curve: Curve): CurveForm {
  const kinks: number[] = [];
  const count = Math.round((2 * END) / STEP);
  let before = curve(-END);
  for (let i = 1; i <= count; i++) {
    const x = -END + i * STEP;
    const here = curve(x);
    const moved = Math.abs(here.d - before.d) + Math.abs(here.v - before.v - before.d * STEP);
    if (moved > SUSPECT * (1 + Math.abs(before.d))) {
      const found = jump(curve, x - STEP, x);
      if (found !== null && found - (kinks.at(-1) ?? -Infinity) > STEP / 2) kinks.push(found);
    }
    before = here;
  }
  return { kinks, pieces: piecesOf(curve, kinks) };
}

const known = new Map<string, CurveForm>();
/** A user can send any number of formulas. */
const KNOWN_LIMIT = 500;

/** The form of an elementwise activation on |x| ≤ 12; memoised by its code, which carries its options. */
export function curveForm(activation: Activation, curve: Curve): CurveForm {
  const key = `${activation.name}:${activation.keras}`;
  let form = known.get(key);
  if (form === undefined) {
    form = formOf(curve);
    if (known.size >= KNOWN_LIMIT) known.clear();
    known.set(key, form);
  }
  return form;
}
