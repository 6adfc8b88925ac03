/** @file DELETE /v1/jobs/{id} */
import { defineEndpoint, idParams } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { noSuchJob } from './not_found.ts';

export const removeJob = defineEndpoint({
  method: 'DELETE',
  url: '/v1/jobs/:id',
  operationId: 'removeJob',
  tag: 'jobs',
  summary: 'Delete a job',
  description: 'Deletes a job that has ended, with its report, statistics and events.',
  params: idParams,
  responses: { 204: { description: 'Deleted' } },
  errors: ['job_not_terminal'],
  async answer({ params: { id }, reply }, { jobs }) {
    const outcome = await jobs.remove(id);
    if (outcome === 'not_found') throw noSuchJob(id);
    if (outcome === 'not_terminal') throw new HttpProblem('job_not_terminal', 'cancel the job first');
    return reply.code(204).send();
  },
});
