/** @file What `dead_units` and `saturated_units` share: many units of a layer that stay in one state. */
import type { Trace, UnitPass } from '../statistics/index.ts';
import { progressOf, severityByProgress } from './evidence/progress.ts';
import { lastingSince, persistentUnits, type UnitFraction } from './evidence/units.ts';
import { type Finding, notEvaluable, type SeedResult } from './rule.ts';
import { isBeyond, percent } from './wording.ts';

/** Of the layers in which it was found: the least and the most, where they differ. */
export function fractionsOf({ evidence }: Finding, metric: string): string {
  const values = evidence.flatMap((one) => (one.metric === metric && isBeyond(one) ? [one.value ?? 0] : []));
  const [least, most] = [percent(Math.min(...values)), percent(Math.max(...values))];
  return least === most ? most : `${least} to ${most}`;
}

/** At least so many layers give evidence: all that are over the limit, then those that are nearest to it. */
const MOST_TOLD = 3;

/**
 * Found where more than the limit of a layer's units are in the state in the last two full passes.
 * @param limitOf the metric and its limit, by layer
 * @param nobody why the rule does not apply where no layer can be in the state
 */
export function examineStuckUnits(
  trace: Trace,
  limitOf: (layer: string) => { readonly metric: string; readonly limit: number },
  count: (pass: UnitPass) => number | null,
  nobody: string,
): SeedResult {
  if (trace.unit_passes.every((pass) => count(pass) === null)) return notEvaluable(nobody);
  const fractions = persistentUnits(trace, count);
  if (fractions === null) return notEvaluable('the training ended before a second full pass over the data');
  const isOver = ({ layer, fraction }: UnitFraction) => fraction > limitOf(layer).limit;
  const over = fractions.filter(isOver);
  const worst = fractions.toSorted(
    (a, b) => Number(isOver(b)) - Number(isOver(a)) || b.fraction - a.fraction,
  );
  return {
    kind: 'evaluated',
    found: over.length > 0,
    severity: severityByProgress(trace),
    layers: over.map(({ layer }) => layer),
    first_step:
      over.length === 0
        ? null
        : Math.min(...over.map((one) => lastingSince(one, limitOf(one.layer).limit) ?? one.step)),
    evidence: [
      ...worst.slice(0, Math.max(MOST_TOLD, over.length)).map(({ layer, fraction, step }) => ({
        metric: limitOf(layer).metric,
        layer,
        step,
        value: fraction,
        threshold: limitOf(layer).limit,
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
