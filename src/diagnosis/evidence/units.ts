/** @file Units that stay in one state: the same fraction in the last two full passes over the data. */
import type { Trace, UnitPass } from '../../statistics/index.ts';

export interface UnitFraction {
  readonly layer: string;
  /** The smaller of the fractions in the last two passes: what persists. */
  readonly fraction: number;
  /** The second to last pass. */
  readonly step: number;
  /** Fractions at every pass, in order. */
  readonly passes: readonly { readonly step: number; readonly fraction: number }[];
}

/** The first of the passes from which on the fraction stayed above `limit`; null where the last one is not. */
export function lastingSince({ passes }: UnitFraction, limit: number): number | null {
  const below = passes.findLastIndex(({ fraction }) => !(fraction > limit));
  return passes[below + 1]?.step ?? null;
}

/** Per layer that can be in this state; null where fewer than two passes were made. */
export function persistentUnits(
  trace: Trace,
  count: (pass: UnitPass) => number | null,
): UnitFraction[] | null {
  const steps = [...new Set(trace.unit_passes.map((pass) => pass.step))];
  if (steps.length < 2) return null;
  const [before, last] = steps.slice(-2);
  return trace.unit_passes.flatMap((pass) => {
    const now = count(pass);
    const earlier = trace.unit_passes.find((other) => other.layer === pass.layer && other.step === before);
    const then = earlier === undefined ? null : count(earlier);
    if (pass.step !== last || now === null || then === null) return [];
    const passes = trace.unit_passes
      .filter(({ layer }) => layer === pass.layer)
      .map((one) => ({ step: one.step, fraction: (count(one) ?? 0) / one.units }));
    return [{ layer: pass.layer, fraction: Math.min(now, then) / pass.units, step: before ?? 0, passes }];
  });
}
