/** @file A Trace as grids: one row for each layer, one column for each probed step. What a picture needs, without repetition. */
import type { Series, Trace } from './trace.ts';

export interface GridFilter {
  readonly layer?: string | undefined;
  /** Null: the series of the run as a whole. */
  readonly tensor: string | null;
  readonly metrics?: readonly string[] | undefined;
  readonly max_points?: number | undefined;
}

type NonFinite = 'nan' | 'inf' | '-inf';

export interface GridRow {
  readonly layer: string | null;
  readonly metric: string;
  /** One for each step; null where it was not measured or is not finite. */
  readonly values: readonly (number | null)[];
  /** By index into `values`. */
  readonly non_finite?: Readonly<Record<string, NonFinite>>;
}

/** Units of a layer that are stuck, by index, in a full pass over the training samples; null where the activation has no such state. */
export interface StuckOfLayer {
  readonly layer: string;
  readonly step: number;
  readonly units: number;
  readonly dead: readonly number[] | null;
  readonly saturated: readonly number[] | null;
}

export interface Grid {
  readonly steps: readonly number[];
  readonly rows: readonly GridRow[];
  readonly stuck_units?: readonly StuckOfLayer[];
}

/** Measured numbers are float32, which have seven digits. */
const DIGITS = 6;
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

const nameOf = (value: number): NonFinite => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

const stepsOf = (series: readonly Series[]): number[] =>
  [...new Set(series.flatMap(({ steps }) => [...steps]))].sort((a, b) => a - b);

/** Evenly spaced, the first and the last among them. */
function thinned(steps: readonly number[], most: number): readonly number[] {
  if (steps.length <= most) return steps;
  if (most === 1) return steps.slice(-1);
  return Array.from(
    { length: most },
    (_, k) => steps[Math.round((k * (steps.length - 1)) / (most - 1))] as number,
  );
}

function rowOf({ layer, metric, steps, values }: Series, wanted: readonly number[]): GridRow {
  const known = new Map(Array.from(steps, (step, i) => [step, values[i] as number]));
  const nonFinite: Record<string, NonFinite> = {};
  const cells = wanted.map((step, i) => {
    const value = known.get(step);
    if (value === undefined) return null;
    if (Number.isFinite(value)) return rounded(value);
    nonFinite[String(i)] = nameOf(value);
    return null;
  });
  const all = { layer, metric, values: cells };
  return Object.keys(nonFinite).length === 0 ? all : { ...all, non_finite: nonFinite };
}

/** As the last pass found them, of each layer that has been looked at and chosen. */
export function stuckOf({ unit_passes }: Pick<Trace, 'unit_passes'>, layer?: string): StuckOfLayer[] {
  const last = unit_passes.reduce((latest, { step }) => Math.max(latest, step), 0);
  return unit_passes.flatMap((pass) =>
    pass.step !== last || pass.dead === undefined || (layer !== undefined && pass.layer !== layer)
      ? []
      : [
          {
            ...{ layer: pass.layer, step: pass.step, units: pass.units },
            dead: pass.dead === null ? null : [...pass.dead],
            saturated: pass.saturated == null ? null : [...pass.saturated],
          },
        ],
  );
}

/** Rows in the order of the layers' depth, as the trace has them; values to six digits. */
export function gridOf(
  trace: Pick<Trace, 'series'>,
  { layer, tensor, metrics, max_points = Infinity }: GridFilter,
): Grid {
  const chosen = trace.series.filter(
    (series) =>
      series.tensor === tensor &&
      (layer === undefined || series.layer === layer) &&
      (metrics === undefined || metrics.includes(series.metric)),
  );
  const steps = thinned(stepsOf(chosen), max_points);
  return { steps, rows: chosen.map((series) => rowOf(series, steps)) };
}
