/** @file POST /v1/jobs: accepts an experiment. */
import { experimentSchema } from '../../../experiment/index.ts';
import { jobSchema } from '../../../jobs/index.ts';
import { admit, estimate } from '../../admission.ts';
import { type Endpoint, json } from '../../endpoint.ts';
import { parseRequest } from '../../parse_request.ts';
import { submissionErrors, submissionHeaders, submitJob } from '../../submission.ts';

export const createJob: Endpoint = {
  method: 'POST',
  url: '/v1/jobs',
  operationId: 'createJob',
  tag: 'jobs',
  summary: 'Submit an experiment',
  description:
    'Validates the experiment and queues it. The accepted job survives a crash of the service. With the same ' +
    '`Idempotency-Key` and body within 24 hours the first job is returned again.',
  headers: submissionHeaders,
  body: { schema: experimentSchema, examples: 'experiments' },
  responses: { 202: json('Accepted', jobSchema) },
  errors: submissionErrors,
  handle: (request, reply, dependencies) =>
    submitJob(request, reply, dependencies, () => {
      const { estimateTrials, limits, workerThreads } = dependencies;
      const { experiment, plan } = parseRequest(request.body);
      const trials = estimateTrials(experiment);
      const { flops } = admit(plan, trials, limits);
      return { experiment, search: null, estimate: estimate(plan, trials, workerThreads), flops };
    }),
};
