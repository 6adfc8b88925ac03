/** @file The answer where a job is not known. */
import { HttpProblem } from '../../problem.ts';

export const noSuchJob = (id: string): HttpProblem =>
  new HttpProblem('job_not_found', `no job "${id.slice(0, 80)}"`);
