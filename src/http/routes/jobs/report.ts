/** @file GET /v1/jobs/{id}/report: the result as one HTML file. */
import { z } from 'zod';
import { type Endpoint, idOf, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { reportFileOf } from '../../report_file.ts';
import { noSuchJob } from './not_found.ts';

export const readReport: Endpoint = {
  method: 'GET',
  url: '/v1/jobs/:id/report',
  operationId: 'readReport',
  tag: 'jobs',
  summary: 'Read the report as a file to look at',
  description:
    'One HTML file with its data, pictures and styles: it opens from disk without network, can be mailed and printed, and its ' +
    'Content-Security-Policy lets nothing but its own script run.',
  params: idParams,
  responses: { 200: { description: 'The file', content: { 'text/html': z.string() } } },
  errors: ['job_not_found', 'job_not_finished'],
  async handle(request, reply, { jobs }) {
    const id = idOf(request);
    const job = await jobs.get(id);
    if (job === null) throw noSuchJob(id);
    const result = job.status === 'succeeded' ? await jobs.result(id) : null;
    if (result === null) throw new HttpProblem('job_not_finished', `the job is ${job.status}`);
    const { html, policy } = await reportFileOf(jobs, job, result);
    return reply
      .header('content-security-policy', `${policy}; frame-ancestors 'none'`)
      .header('content-disposition', `inline; filename="gradclinic-${id}.html"`)
      .type('text/html; charset=utf-8')
      .send(html);
  },
};
