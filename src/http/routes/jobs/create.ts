/** @file POST /v1/jobs: accepts an experiment. */
import { jobSchema } from '../../../jobs/index.ts';
import { estimateTrials } from '../../../study/index.ts';
import { admit, estimate } from '../../admission.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { jobOrImport, jobRequestSchema } from '../../import_work.ts';
import { parseRequest } from '../../parse_request.ts';
import { namedModelErrors } from '../../request_work.ts';
import {
  type Accepted,
  acceptedOf,
  fingerprintOf,
  submissionErrors,
  submissionHeaders,
  submitJob,
  withoutWebhook,
} from '../../submission.ts';
import type { WorkContext } from '../../work_order.ts';

/** In a request thread. */
export function acceptExperiment(
  body: unknown,
  { limits, workerThreads, fingerprint }: WorkContext,
): Accepted {
  const { rest, webhook } = withoutWebhook(body);
  const { experiment, plan } = parseRequest(rest, '', jobOrImport);
  const trials = estimateTrials(experiment);
  const { flops } = admit(plan, trials, limits);
  return {
    ...acceptedOf(experiment, null, webhook),
    estimate: estimate(plan, trials, workerThreads),
    flops,
    fingerprint: fingerprint ? fingerprintOf(experiment, null, webhook) : null,
  };
}

export const createJob = defineEndpoint({
  method: 'POST',
  url: '/v1/jobs',
  operationId: 'createJob',
  tag: 'jobs',
  summary: 'Submit an experiment',
  description:
    'Validates the experiment and queues it. The accepted job survives a crash of the service. With the same ' +
    '`Idempotency-Key` and body within 24 hours the first job is returned again. When the job ends, its `webhook` is called. Give `import` instead of `network` to use an uploaded model.',
  headers: submissionHeaders,
  body: { schema: jobRequestSchema, examples: 'experiments' },
  responses: { 202: json('Accepted', jobSchema) },
  errors: [...submissionErrors, ...namedModelErrors],
  answer: (call, dependencies) => submitJob(call, dependencies, 'acceptExperiment'),
});
