/** @file GET /v1/jobs/{id}/report: the result as one HTML file. */
import { z } from 'zod';
import type { Job } from '../../../jobs/index.ts';
import { type Dependencies, defineEndpoint, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import type { ReportText } from '../../readings/report_file.ts';
import { bufferOf } from '../../send.ts';
import { resultOf, traceOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

/** A trace at a time: together they may be large. */
async function fileOf({ jobs, threads }: Dependencies, job: Job): Promise<ReportText> {
  const { id } = job;
  const known = await jobs.runs(id);
  const { curves, pictures } = await threads.read('shownRuns', async () => [await resultOf(jobs, id)], {
    known,
  });
  const grids: Uint8Array[] = [];
  for (const run of curves) {
    const options = { run, pictures: pictures.includes(run) ? pictures.length : null };
    grids.push(await threads.read('gridsOfReport', async () => [await traceOf(jobs, id, run)], options));
  }
  return threads.read('reportFile', async () => [await resultOf(jobs, id), ...grids], { job });
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
    if (job.status !== 'succeeded') throw new HttpProblem('job_not_finished', `the job is ${job.status}`);
    const { html, policy } = await fileOf(dependencies, job);
    return reply
      .header('content-security-policy', `${policy}; frame-ancestors 'none'`)
      .header('content-disposition', `inline; filename="gradclinic-${id}.html"`)
      .type('text/html; charset=utf-8')
      .send(bufferOf(html));
  },
});
