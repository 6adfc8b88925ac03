/** @file Runs that differ in their seeds alone, as one curve with a band. */
import type { Grid } from '../../client/index.ts';
import type { Curve } from '../charts/table.ts';
import { mean } from '../lib/format.ts';
import { valuesIn } from './data.ts';

const least = (values: readonly number[]) => (values.length === 0 ? null : Math.min(...values));
const most = (values: readonly number[]) => (values.length === 0 ? null : Math.max(...values));

/** The middle and the edges over seeds, at the steps that any of them has; not finite where one seed is not. */
export function bandOf(grids: readonly Grid[], metric: string, label: string, colour: string): Curve | null {
  const bySteps = new Map<number, number[]>();
  for (const { steps, rows } of grids) {
    const row = rows.find((one) => one.metric === metric);
    const values = row === undefined ? [] : valuesIn(row);
    values.forEach((value, i) => {
      const step = steps[i];
      if (value !== null && step !== undefined) bySteps.set(step, [...(bySteps.get(step) ?? []), value]);
    });
  }
  if (bySteps.size === 0) return null;
  const x = [...bySteps.keys()].sort((a, b) => a - b);
  const at = x.map((step) => bySteps.get(step) as number[]);
  const y = at.map((values) => mean(values));
  const finite = at.map((values) => values.filter(Number.isFinite));
  const band = grids.length > 1 ? { low: finite.map(least), high: finite.map(most) } : {};
  return { label, colour, x, y, ...band };
}
