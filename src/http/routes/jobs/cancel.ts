/** @file POST /v1/jobs/{id}/cancel */
import { jobSchema } from '../../../jobs/index.ts';
import { type Endpoint, idOf, idParams, json } from '../../endpoint.ts';
import { noSuchJob } from './not_found.ts';

export const cancelJob: Endpoint = {
  method: 'POST',
  url: '/v1/jobs/:id/cancel',
  operationId: 'cancelJob',
  tag: 'jobs',
  summary: 'Cancel a job',
  description: 'Running trainings end at their next step. Idempotent; a terminal job is returned as it is.',
  params: idParams,
  responses: { 200: json('The job', jobSchema) },
  errors: ['job_not_found'],
  async handle(request, reply, { jobs }) {
    const id = idOf(request);
    const job = await jobs.cancel(id);
    if (job === null) throw noSuchJob(id);
    return reply.send(job);
  },
};
