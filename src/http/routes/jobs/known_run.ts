/** @file The run that a query names, or 404 naming those that there are. */
import type { JobService } from '../../../jobs/index.ts';
import { HttpProblem } from '../../problem.ts';
import { noSuchJob } from './not_found.ts';

const SHOWN_RUNS = 60;

export const noSuchRun = (run: string, known: readonly string[]): HttpProblem =>
  new HttpProblem(
    'run_not_found',
    `no finished run "${run.slice(0, 80)}"; there are: ${known.slice(0, SHOWN_RUNS).join(', ') || 'none yet'}`,
  );

/** Encoded. @throws HttpProblem job_not_found, run_not_found */
export async function traceOf(jobs: JobService, id: string, run: string): Promise<Uint8Array> {
  if ((await jobs.get(id)) === null) throw noSuchJob(id);
  const trace = await jobs.encodedTrace(id, run);
  if (trace === null) throw noSuchRun(run, await jobs.runs(id));
  return trace;
}
