/** @file GET /v1/jobs/{id}/report: the result as one HTML file. */
import { z } from 'zod';
import type { Job } from '../../../jobs/index.ts';
import { type Dependencies, defineEndpoint, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import type { ReportText } from '../../readings/report_file.ts';
import { bufferOf } from '../../send.ts';
import { noSuchJob } from './not_found.ts';

/** A trace at a time: together they may be large. */
async function fileOf({ jobs, threads }: Dependencies, job: Job, result: Buffer): Promise<ReportText> {
  const known = await jobs.runs(job.id);
  const { curves, pictures } = await threads.read('shownRuns', [result], { known });
  const grids: Uint8Array[] = [];
  for (const run of curves) {
    const trace = await jobs.encodedTrace(job.id, run);
    const options = { run, pictures: pictures.includes(run) ? pictures.length : null };
    if (trace !== null) grids.push(await threads.read('gridsOfReport', [trace], options));
  }
  return threads.read('reportFile', [result, ...grids], { job });
}

export const readReport = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/report',
  operationId: 'readReport',
  tag: 'jobs',
  summary: 'Read the report as an HTML file',
  description:
    'One HTML file that contains its data, pictures and styles. It opens from disk without a network and can be mailed or printed. Its Content-Security-Policy allows only its own script to run.',
  params: idParams,
  responses: { 200: { description: 'The file', content: { 'text/html': z.string() } } },
  errors: ['job_not_finished'],
  async answer({ params: { id }, reply }, dependencies) {
    const { jobs } = dependencies;
    const job = await jobs.get(id);
    if (job === null) throw noSuchJob(id);
    const result = job.status === 'succeeded' ? await jobs.result(id) : null;
    if (result === null) throw new HttpProblem('job_not_finished', `the job is ${job.status}`);
    const { html, policy } = await fileOf(dependencies, job, result);
    return reply
      .header('content-security-policy', `${policy}; frame-ancestors 'none'`)
      .header('content-disposition', `inline; filename="gradclinic-${id}.html"`)
      .type('text/html; charset=utf-8')
      .send(bufferOf(html));
  },
});
