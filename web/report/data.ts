/** @file What the renderer draws from: the job, its report, and a source of grids: the API, or what a file carries. */
import type { Grid, Job, Report, SearchReport } from '../../client/index.ts';

export interface GridQuery {
  readonly run: string;
  /** Null: the series of the run as a whole. */
  readonly tensor: string | null;
  readonly metrics?: readonly string[];
  readonly layer?: string;
}

export interface JobData {
  readonly job: Job;
  readonly report: Report | SearchReport | null;
  /** Names of the runs whose grids there are. */
  readonly runs: readonly string[];
  /** Null where it was not measured, or the file does not carry it. */
  grid(query: GridQuery): Promise<Grid | null>;
}

export const runsOf = (runs: readonly string[], arm: string): string[] =>
  runs.filter((run) => run.startsWith(`${arm}/`));

/** The arm of the recommendation; null where there is none. */
export const recommendedArm = (report: Report): string | null =>
  report.recommendation === null ? null : report.recommendation.remedies.join('+');

const NON_FINITE = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY };

/** As measured: JSON has null for what is not finite, too. */
export const valuesIn = ({ values, non_finite: broken }: Grid['rows'][number]): readonly (number | null)[] =>
  broken === undefined
    ? values
    : values.map((value, i) => {
        const name = broken[i];
        return name === undefined ? value : NON_FINITE[name];
      });

/** From what a file carries. */
export function gridsInFile(grids: readonly Grid[]): JobData['grid'] {
  return async ({ run, tensor, metrics, layer }) => {
    const grid = grids.find((one) => one.run === run && one.tensor === tensor);
    if (grid === undefined) return null;
    const rows = grid.rows.filter(
      (row) =>
        (metrics === undefined || metrics.includes(row.metric)) &&
        (layer === undefined || row.layer === layer),
    );
    const { stuck_units: stuck = [] } = grid;
    return { ...grid, rows, stuck_units: stuck.filter((one) => one.layer === layer) };
  };
}
