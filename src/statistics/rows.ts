/** @file A Trace as rows: one number each, in order of steps. */
import type { Series, Trace } from './trace.ts';

export interface Row {
  readonly run: string;
  readonly step: number;
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metric: string;
  readonly value: number;
}

export interface RowFilter {
  readonly layer?: string | undefined;
  readonly tensor?: string | undefined;
  readonly metric?: string | undefined;
  readonly from_step?: number | undefined;
  readonly to_step?: number | undefined;
  /** At most so many steps of each series, evenly spaced, the first and the last among them. */
  readonly max_points?: number | undefined;
}

const matches = (series: Series, { layer, tensor, metric }: RowFilter): boolean =>
  (layer === undefined || series.layer === layer) &&
  (tensor === undefined || series.tensor === tensor) &&
  (metric === undefined || series.metric === metric);

function thin(indices: number[], maxPoints: number | undefined): number[] {
  if (maxPoints === undefined || indices.length <= maxPoints) return indices;
  if (maxPoints === 1) return indices.slice(-1);
  return Array.from(
    { length: maxPoints },
    (_, i) => indices[Math.round((i * (indices.length - 1)) / (maxPoints - 1))] as number,
  );
}

/** Rows of one run, sorted by step, then in the order of the series. */
export function rowsOf(run: string, trace: Trace, filter: RowFilter): Row[] {
  const { from_step = 0, to_step = Number.POSITIVE_INFINITY, max_points } = filter;
  const rows = trace.series
    .filter((series) => matches(series, filter))
    .flatMap((series) => {
      const { layer, tensor, metric, steps, values } = series;
      const within = [...steps.keys()].filter(
        (i) => (steps[i] as number) >= from_step && (steps[i] as number) <= to_step,
      );
      return thin(within, max_points).map((i) => ({
        run,
        step: steps[i] as number,
        layer,
        tensor,
        metric,
        value: values[i] as number,
      }));
    });
  // Array.prototype.sort is stable: within a step the order of the series stays.
  return rows.sort((a, b) => a.step - b.step);
}
