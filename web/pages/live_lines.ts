/** @file What the curves of trainings that run look like. */
import type { Curve } from '../charts/table.ts';
import { runWords } from '../lib/format.ts';
import type { LiveCurves } from '../lib/live_curves.ts';

const isBaseline = (run: string): boolean => run.startsWith('baseline/');

/** As many colours as there are things to tell apart: what was given, what trains now, all others. */
function lookOf(run: string, now: string | undefined): Pick<Curve, 'label' | 'colour' | 'thin'> {
  if (isBaseline(run)) return { label: 'as it is', colour: 'series-1', thin: false };
  if (run === now) return { label: `now: ${runWords(run)}`, colour: 'series-2', thin: false };
  return { label: 'other trainings', colour: 'muted', thin: true };
}

/** The others below, what was given on top. */
export function linesOf(curves: LiveCurves, over: boolean): Curve[] {
  const now = over ? undefined : [...curves.keys()].at(-1);
  const rank = (run: string) => (isBaseline(run) ? 2 : run === now ? 1 : 0);
  const lines = [...curves]
    .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b))
    .map(([run, { steps, losses }]) => ({
      ...lookOf(run, now),
      x: steps,
      y: losses.map((loss) => loss ?? Number.NaN),
    }));
  return lines.map((line, i) => ({
    ...line,
    unnamed: lines.findIndex(({ label }) => label === line.label) < i,
  }));
}
