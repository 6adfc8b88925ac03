/** @file The losses of trainings that run, as their events tell them: bounded, however long they run. */
import type { JobEvent } from '../../client/index.ts';

interface Points {
  readonly steps: readonly number[];
  /** Null where it was not finite. */
  readonly losses: readonly (number | null)[];
}

interface LiveCurve extends Points {
  /** Of the whole training; null where it is not known. */
  readonly total_steps: number | null;
}

/** By run. */
export type LiveCurves = ReadonlyMap<string, LiveCurve>;

/** A page that stays open for a day does not grow. */
const MAX_POINTS = 1000;
const MAX_RUNS = 12;

/** What stands out of four neighbours: the least and the greatest, or one that is not finite. */
function outstanding(losses: readonly (number | null)[], from: number): number[] {
  const at = [0, 1, 2, 3].map((i) => from + i).filter((i) => i < losses.length);
  const broken = at.find((i) => losses[i] === null);
  const byLoss = at.toSorted((a, b) => (losses[a] ?? 0) - (losses[b] ?? 0));
  const ends = [byLoss[0] as number, broken ?? (byLoss.at(-1) as number)];
  return [...new Set(ends)].sort((a, b) => a - b);
}

/** Half of the points, where there are too many: a spike of one step is what the reader looks for. */
export function bounded({ steps, losses }: Points): Points {
  if (steps.length <= MAX_POINTS) return { steps, losses };
  const kept = Array.from({ length: Math.ceil(steps.length / 4) }, (_, i) =>
    outstanding(losses, 4 * i),
  ).flat();
  return { steps: kept.map((i) => steps[i] as number), losses: kept.map((i) => losses[i] as number | null) };
}

export function addLosses(before: LiveCurves, events: readonly JobEvent[]): LiveCurves {
  const added = events.filter(({ type }) => (type as string) === 'losses');
  if (added.length === 0) return before;
  const curves = new Map(before);
  for (const { data } of added) {
    const { run, steps, total_steps = null, losses } = data as unknown as LiveCurve & { run: string };
    const known = curves.get(run) ?? { steps: [], losses: [] };
    // What a new attempt begins again is drawn again.
    const from = steps[0] ?? 0;
    const kept = known.steps.filter((step) => step < from).length;
    curves.delete(run);
    const points = bounded({
      steps: [...known.steps.slice(0, kept), ...steps],
      losses: [...known.losses.slice(0, kept), ...losses],
    });
    curves.set(run, { ...points, total_steps });
  }
  for (const oldest of curves.keys()) {
    if (curves.size <= MAX_RUNS) break;
    if (!oldest.startsWith('baseline/') || curves.size > 2 * MAX_RUNS) curves.delete(oldest);
    else curves.delete([...curves.keys()].find((run) => !run.startsWith('baseline/')) ?? oldest);
  }
  return curves;
}
