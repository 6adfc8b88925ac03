/** @file What endpoints that make jobs share: the idempotency key, the wait, the answer. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Submission } from '../jobs/index.ts';
import type { ErrorCode } from '../util/errors.ts';
import { canonicalJson } from '../util/json.ts';
import { type Dependencies, endOfWait, preferHeader, waitOf } from './endpoint.ts';
import { HttpProblem } from './problem.ts';

const RETRY_AFTER_S = '1';
const KEY = /^[\x21-\x7e]{1,255}$/;

export const submissionHeaders = preferHeader.extend({
  'idempotency-key': z.string().optional().describe('Makes a retry safe'),
});

export const submissionErrors: readonly ErrorCode[] = [
  'validation_failed',
  'experiment_too_large',
  'idempotency_key_reused',
  'malformed_json',
  'json_too_deep',
  'bad_request',
  'quota_exceeded',
  'body_too_large',
  'unsupported_media_type',
];

function idempotencyOf(key: unknown, body: unknown): Submission['idempotency'] {
  if (key === undefined) return null;
  if (typeof key !== 'string' || !KEY.test(key)) {
    throw new HttpProblem('bad_request', 'Idempotency-Key has to be 1 to 255 visible ASCII characters');
  }
  return { key, fingerprint: createHash('sha256').update(canonicalJson(body)).digest('hex') };
}

/**
 * Queues a job and answers 202; with `Prefer: wait`, once it is over.
 * @param prepare checks the body; what it throws is answered
 */
export async function submitJob(
  request: FastifyRequest,
  reply: FastifyReply,
  dependencies: Dependencies,
  prepare: () => Omit<Submission, 'idempotency'>,
): Promise<unknown> {
  const { jobs } = dependencies;
  const idempotency = idempotencyOf(request.headers['idempotency-key'], request.body);
  const outcome = await jobs.submit({ ...prepare(), idempotency });
  if (outcome.kind === 'conflict') {
    throw new HttpProblem('idempotency_key_reused', 'use a new key for a new experiment');
  }
  if (outcome.kind === 'over_quota') {
    const headers = { 'retry-after': String(outcome.retry_after_s) };
    throw new HttpProblem('quota_exceeded', outcome.detail, { headers });
  }
  const wait = waitOf(request);
  const { id } = outcome.job;
  request.log.info({ job_id: id }, 'job accepted');
  request.span?.setAttribute('gradclinic.job.id', id);
  const job =
    wait === null
      ? outcome.job
      : ((await jobs.waitUntilTerminal(id, wait * 1000, endOfWait(request, dependencies))) ?? outcome.job);
  if (wait !== null) reply.header('preference-applied', `wait=${wait}`);
  return reply
    .code(202)
    .headers({ location: `/v1/jobs/${id}`, 'retry-after': RETRY_AFTER_S })
    .send(job);
}
