/** @file GET /v1/jobs/{id}/result: the report, as it was stored, or with the numbers of its data. */
import { z } from 'zod';
import type { Job } from '../../../jobs/index.ts';
import { reportSchema, searchReportSchema } from '../../../study/index.ts';
import { defineEndpoint, etagHeaders, idParams, isKnown, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { sendJson } from '../../send.ts';
import { acceptedOf, resultOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

const query = z.strictObject({
  include: z
    .enum(['data'])
    .optional()
    .describe('`data`: include the numbers of `inline` data; otherwise only their hash is given'),
});

/** Why a job has no report. */
function noResult({ status, error }: Job): HttpProblem {
  if (status === 'failed')
    return new HttpProblem('job_failed', `${error?.detail ?? ''} [${error?.code ?? ''}]`);
  if (status === 'canceled')
    return new HttpProblem('job_canceled', 'a canceled job has no report: post it again');
  return new HttpProblem('job_not_finished', `the job is ${status}: wait with \`Prefer: wait=60\``);
}

export const readResult = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/result',
  operationId: 'readResult',
  tag: 'jobs',
  summary: 'Read the report',
  description: 'Verdict, checks with evidence, remedies with their verification, and the recommendation.',
  params: idParams,
  query,
  headers: etagHeaders,
  responses: {
    200: json('The report; of a search, its ranking', z.union([reportSchema, searchReportSchema])),
    304: { description: 'Unchanged since the ETag' },
  },
  errors: ['job_not_finished', 'job_failed', 'job_canceled'],
  async answer({ params: { id }, query: { include }, request, reply }, { jobs, threads }) {
    const job = await jobs.get(id);
    if (job === null) throw noSuchJob(id);
    // A report never changes: it is read only for who does not have it. Weak, because it is sent compressed or as it is.
    if (job.status === 'succeeded' && isKnown(request, reply, `W/"${id}${include ?? ''}"`))
      return reply.code(304).send();
    if (job.status !== 'succeeded') throw noResult(job);
    const report = () => resultOf(jobs, id);
    if (include === undefined) return sendJson(reply, await report());
    const load = async () => [await report(), await acceptedOf(jobs, id)];
    return sendJson(reply, await threads.read('includeData', load, undefined));
  },
});
