/** @file Grids of a job's runs, as pictures need them. */
import type { Grid } from '../../client/index.ts';
import type { GridQuery } from '../report/data.ts';
import { answer, api } from './client.ts';

/** More than any screen has columns. */
const MAX_COLUMNS = 4000;
/** Curves are few, and uPlot draws the extremes of each pixel: a spike of one step is seen. */
const MAX_POINTS = 50_000;

/** Null where it was not measured, or cannot be read. */
export async function readGrid(id: string, { run, tensor, metrics, layer }: GridQuery): Promise<Grid | null> {
  const query = {
    run,
    max_points: tensor === null ? MAX_POINTS : MAX_COLUMNS,
    ...(tensor === null ? {} : { tensor }),
    ...(metrics === undefined ? {} : { metric: metrics.join() }),
    ...(layer === undefined ? {} : { layer }),
  };
  return answer(api.GET('/v1/jobs/{id}/series', { params: { path: { id }, query } })).catch(() => null);
}
