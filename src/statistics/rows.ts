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

/** What the filter leaves of a series: `count` numbers, the k-th of them at the index `at(k)`, which grows with k. */
interface Column {
  readonly series: Series;
  readonly count: number;
  at(k: number): number;
}

/** @returns the first integer from `from` on that `is` holds of, as it does of all that follow; `to` where of none below */
function firstOf(from: number, to: number, is: (candidate: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (is(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function columnOf(
  series: Series,
  { from_step = 0, to_step = Infinity, max_points = Infinity }: RowFilter,
): Column {
  const { steps } = series;
  const first = firstOf(0, steps.length, (i) => (steps[i] as number) >= from_step);
  const count = firstOf(first, steps.length, (i) => (steps[i] as number) > to_step) - first;
  if (count <= max_points) return { series, count, at: (k) => first + k };
  if (max_points === 1) return { series, count: 1, at: () => first + count - 1 };
  const at = (k: number) => first + Math.round((k * (count - 1)) / (max_points - 1));
  return { series, count: max_points, at };
}

const stepAt = ({ series, at }: Column, k: number): number => series.steps[at(k)] as number;

/** Numbers of a column before a step. */
const countBefore = (column: Column, step: number): number =>
  firstOf(0, column.count, (k) => stepAt(column, k) >= step);

const rowsBefore = (columns: readonly Column[], step: number): number =>
  columns.reduce((sum, column) => sum + countBefore(column, step), 0);

/** All rows from one step to another, both included, in order. */
function rowsWithin(run: string, columns: readonly Column[], from: number, to: number): Row[] {
  const rows: Row[] = [];
  for (const column of columns) {
    const { layer, tensor, metric, values } = column.series;
    const end = countBefore(column, to + 1);
    for (let k = countBefore(column, from); k < end; k++) {
      rows.push({
        run,
        step: stepAt(column, k),
        layer,
        tensor,
        metric,
        value: values[column.at(k)] as number,
      });
    }
  }
  // Array.prototype.sort is stable: within a step the order of the series stays.
  return rows.sort((a, b) => a.step - b.step);
}

export interface RowPage {
  readonly rows: Row[];
  /** The number of rows on all pages together. */
  readonly total: number;
}

/**
 * Up to `limit` rows of one run from the `offset`-th on, of those that the filter leaves, sorted by step, then in the order
 * of the series. The steps of a series ascend, so that the first and the last step of the page are found by bisection:
 * no more rows are made than those of the page's steps.
 */
export function pageOf(run: string, trace: Trace, filter: RowFilter, offset: number, limit: number): RowPage {
  const columns = trace.series
    .filter((series) => matches(series, filter))
    .map((series) => columnOf(series, filter))
    .filter(({ count }) => count > 0);
  const total = columns.reduce((sum, { count }) => sum + count, 0);
  const end = Math.min(offset + limit, total);
  if (offset >= end) return { rows: [], total };
  const latest = columns.reduce((most, column) => Math.max(most, stepAt(column, column.count - 1)), 0);
  const stepOf = (row: number) => firstOf(0, latest, (step) => rowsBefore(columns, step + 1) > row);
  const from = stepOf(offset);
  const start = offset - rowsBefore(columns, from);
  const rows = rowsWithin(run, columns, from, stepOf(end - 1)).slice(start, start + end - offset);
  return { rows, total };
}
