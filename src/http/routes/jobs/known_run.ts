/** @file What is stored of a job, or 404: of a run that a query names, with those that there are. */
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
  const trace = await jobs.encodedTrace(id, run);
  if (trace !== null) return trace;
  throw (await jobs.get(id)) === null ? noSuchJob(id) : noSuchRun(run, await jobs.runs(id));
}

/** The report of a job that has succeeded. @throws HttpProblem job_not_found where it is gone meanwhile */
export async function resultOf(jobs: JobService, id: string): Promise<Uint8Array> {
  const result = await jobs.result(id);
  if (result === null) throw noSuchJob(id);
  return result;
}

/** The experiment as it was accepted, by `packText`. @throws HttpProblem job_not_found where it is gone meanwhile */
export async function acceptedOf(jobs: JobService, id: string): Promise<Uint8Array> {
  const experiment = await jobs.experiment(id);
  if (experiment === null) throw noSuchJob(id);
  return experiment;
}
