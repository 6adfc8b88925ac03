/** @file What a learning rate schedule leaves of the rate, where that is little. */
import type { Experiment } from '../../experiment/index.ts';
import type { Trace } from '../../statistics/index.ts';
import { text } from '../wording.ts';
import { runSeries } from './run.ts';

/** Part of the rate: the nearest rates that are tried beside a training are ten times as high and a tenth, so that what a schedule leaves is told as another rate from here on. */
const LITTLE = 0.1;

/** Says so where a warm-up is not over, or most steps have little of the rate; else nothing. */
export function bySchedule(trace: Trace, experiment: Experiment | null): string {
  const rates = runSeries(trace, 'learning_rate');
  if (rates === null) return '';
  const most = Math.max(...rates.values);
  const last = rates.values.at(-1) ?? 0;
  const { learning_rate: given = most } = (experiment?.training.optimizer ?? {}) as {
    learning_rate?: number;
  };
  if (last === most && most < LITTLE * given)
    return ` The schedule is still warming up when the steps end: the learning rate has come to ${text(most)} of ${text(given)}.`;
  const from = rates.values.findLastIndex((rate) => rate >= LITTLE * most) + 1;
  const step = rates.steps[from];
  if (step === undefined || step * 2 > trace.steps_planned) return '';
  return ` The schedule takes the learning rate from ${text(most)} to ${text(last)}: from step ${step} of ${trace.steps_planned} on it is below a tenth.`;
}
