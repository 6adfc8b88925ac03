/** @file POST /v1/jobs/{id}/rerun: the same experiment or search once more, whatever became of the job. */
import { jobSchema } from '../../../jobs/index.ts';
import { defineEndpoint, idParams, json } from '../../endpoint.ts';
import { bufferOf } from '../../send.ts';
import { submissionErrors, submissionHeaders, submitJob } from '../../submission.ts';
import { acceptedOf } from './known_run.ts';
import { noSuchJob } from './not_found.ts';

export const rerunJob = defineEndpoint({
  method: 'POST',
  url: '/v1/jobs/:id/rerun',
  operationId: 'rerunJob',
  tag: 'jobs',
  summary: 'Run a job again',
  description:
    'Queues a new job with the same experiment or search and the same data. This job may have succeeded, failed or been canceled. The new job is checked like any other, and has no webhook.',
  params: idParams,
  headers: submissionHeaders,
  responses: { 202: json('Accepted', jobSchema) },
  errors: submissionErrors,
  async answer({ params: { id }, request, reply }, dependencies) {
    const { jobs, threads } = dependencies;
    const posted = await jobs.posted(id);
    if (posted === null) throw noSuchJob(id);
    const { search } = posted;
    const load = async () => [await acceptedOf(jobs, id)];
    const body = bufferOf(await threads.read('postedBody', load, { search }));
    return submitJob(
      { body, request, reply },
      dependencies,
      search === null ? 'acceptExperiment' : 'acceptSearch',
    );
  },
});
