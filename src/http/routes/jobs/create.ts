/** @file POST /v1/jobs: accepts an experiment. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { experimentSchema } from '../../../experiment/index.ts';
import { jobSchema } from '../../../jobs/index.ts';
import { canonicalJson } from '../../../util/json.ts';
import { admit, estimate } from '../../admission.ts';
import { type Endpoint, endOfWait, json, preferHeader, waitOf } from '../../endpoint.ts';
import { parseRequest } from '../../parse_request.ts';
import { HttpProblem } from '../../problem.ts';

const RETRY_AFTER_S = '1';
const KEY = /^[\x21-\x7e]{1,255}$/;

function idempotencyOf(key: unknown, body: unknown): { key: string; fingerprint: string } | null {
  if (key === undefined) return null;
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new HttpProblem('bad_request', 'Idempotency-Key has to be 1 to 255 visible ASCII characters');
  }
  return { key, fingerprint: createHash('sha256').update(canonicalJson(body)).digest('hex') };
}

export const createJob: Endpoint = {
  method: 'POST',
  url: '/v1/jobs',
  operationId: 'createJob',
  tag: 'jobs',
  summary: 'Submit an experiment',
  description:
    'Validates the experiment and queues it. The accepted job survives a crash of the service. With the same ' +
    '`Idempotency-Key` and body within 24 hours the first job is returned again.',
  headers: preferHeader.extend({ 'idempotency-key': z.string().optional().describe('Makes a retry safe') }),
  body: { schema: experimentSchema, examples: 'experiments' },
  responses: { 202: json('Accepted', jobSchema) },
  errors: [
    'validation_failed',
    'experiment_too_large',
    'idempotency_key_reused',
    'malformed_json',
    'json_too_deep',
    'bad_request',
    'body_too_large',
    'unsupported_media_type',
  ],
  async handle(request, reply, dependencies) {
    const { jobs, estimateTrials, limits, workerThreads } = dependencies;
    const idempotency = idempotencyOf(request.headers['idempotency-key'], request.body);
    const { experiment, plan } = parseRequest(request.body);
    const trials = estimateTrials(experiment);
    admit(plan, trials, limits);
    const outcome = await jobs.submit({
      experiment,
      idempotency,
      estimate: estimate(plan, trials, workerThreads),
    });
    if (outcome.kind === 'conflict') {
      throw new HttpProblem('idempotency_key_reused', 'use a new key for a new experiment');
    }
    const wait = waitOf(request);
    const { id } = outcome.job;
    const job =
      wait === null
        ? outcome.job
        : ((await jobs.waitUntilTerminal(id, wait * 1000, endOfWait(request, dependencies))) ?? outcome.job);
    if (wait !== null) reply.header('preference-applied', `wait=${wait}`);
    return reply
      .code(202)
      .headers({ location: `/v1/jobs/${id}`, 'retry-after': RETRY_AFTER_S })
      .send(job);
  },
};
