/** @file What `dead_units` and `saturated_units` share: many units of a layer that stay in one state. */
import type { Trace, UnitPass } from '../statistics/index.ts';
import { progressOf, severityByProgress } from './evidence/progress.ts';
import { lastingSince, persistentUnits } from './evidence/units.ts';
import { notEvaluable, type SeedResult } from './rule.ts';

/**
 * Found where more than `limit` of a layer's units are in the state in the last two full passes.
 * @param nobody why the rule does not apply where no layer can be in the state
 */
export function examineStuckUnits(
  trace: Trace,
  metric: string,
  limit: number,
  count: (pass: UnitPass) => number | null,
  nobody: string,
): SeedResult {
  if (trace.unit_passes.every((pass) => count(pass) === null)) return notEvaluable(nobody);
  const fractions = persistentUnits(trace, count);
  if (fractions === null) return notEvaluable('the training ended before a second full pass over the data');
  const over = fractions.filter(({ fraction }) => fraction > limit);
  const worst = fractions.toSorted((a, b) => b.fraction - a.fraction);
  return {
    kind: 'evaluated',
    found: over.length > 0,
    severity: severityByProgress(trace),
    layers: over.map(({ layer }) => layer),
    first_step:
      over.length === 0 ? null : Math.min(...over.map((one) => lastingSince(one, limit) ?? one.step)),
    evidence: [
      ...worst.slice(0, 3).map(({ layer, fraction, step }) => ({
        metric,
        layer,
        step,
        value: fraction,
        threshold: limit,
        unit: 'fraction of units',
      })),
      {
        metric: 'loss_ratio',
        layer: null,
        step: null,
        value: progressOf(trace).loss_ratio,
        threshold: null,
        unit: 'final loss / constant loss',
      },
    ],
  };
}
