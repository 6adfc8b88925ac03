/** @file POST /v1/jobs/{id}/cancel */
import { jobSchema } from '../../../jobs/index.ts';
import { defineEndpoint, idParams, json } from '../../endpoint.ts';
import { noSuchJob } from './not_found.ts';

export const cancelJob = defineEndpoint({
  method: 'POST',
  url: '/v1/jobs/:id/cancel',
  operationId: 'cancelJob',
  tag: 'jobs',
  summary: 'Cancel a job',
  description:
    'Running trainings stop at their next step. You may call it again: a job that has ended is returned as it is.',
  params: idParams,
  responses: { 200: json('The job', jobSchema) },
  async answer({ params: { id }, reply }, { jobs }) {
    const job = await jobs.cancel(id);
    if (job === null) throw noSuchJob(id);
    return reply.send(job);
  },
});
