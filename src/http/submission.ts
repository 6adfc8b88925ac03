/** @file What endpoints that make jobs share: the idempotency key, the wait, the answer. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Experiment, filesOf, parseWith } from '../experiment/index.ts';
import { isTerminal, type Submission } from '../jobs/index.ts';
import type { SearchOptions } from '../study/index.ts';
import type { ErrorCode } from '../util/errors.ts';
import { canonicalJson } from '../util/json.ts';
import { packText } from '../util/packed_text.ts';
import { type Webhook, webhookSchema } from '../webhooks/index.ts';
import { ownerOf } from './access.ts';
import { type Call, type Dependencies, endOfWait, preferHeader, waitOf } from './endpoint.ts';
import { HttpProblem, validationFailed } from './problem.ts';
import { doWork } from './request_work.ts';

const RETRY_AFTER_S = '1';
const KEY = /^[\x21-\x7e]{1,255}$/;

export const submissionHeaders = preferHeader.extend({
  'idempotency-key': z
    .string()
    .optional()
    .describe('Makes it safe to send the request again: the same key and body give the same job'),
});

export const submissionErrors: readonly ErrorCode[] = [
  'idempotency_key_reused',
  'bad_request',
  'quota_exceeded',
];

/** Hashes of what is wanted, whatever the order of keys and the defaults that are left out. */
export const fingerprintOf = (
  experiment: Experiment,
  search: SearchOptions | null,
  webhook: Webhook | null,
): string =>
  createHash('sha256')
    .update(
      canonicalJson({
        ...(search === null ? experiment : { ...search, experiment }),
        ...(webhook !== null && { webhook }),
      }),
    )
    .digest('hex');

/** A job to be, as a request thread has made it of the body. */
export type Accepted = Omit<Submission, 'idempotency'> & { readonly fingerprint: string | null };

export const acceptedOf = (
  experiment: Experiment,
  search: SearchOptions | null,
  webhook: Webhook | null,
) => ({
  experiment: { name: experiment.name, metadata: experiment.metadata },
  packed: packText(JSON.stringify(experiment)),
  files: filesOf(experiment),
  search,
  webhook,
});

function keyOf(key: unknown): string | null {
  if (key === undefined) return null;
  if (typeof key === 'string' && KEY.test(key)) return key;
  throw new HttpProblem('bad_request', 'Idempotency-Key has to be 1 to 255 visible ASCII characters');
}

/** @throws HttpProblem validation_failed where events cannot be sent to it */
function refuseWebhook(webhook: Webhook | null, owner: string, { webhooks }: Dependencies): void {
  const refusal = webhook === null ? null : webhooks.refusalOf(owner, webhook.url);
  if (refusal === null) return;
  const fix =
    refusal.at === ''
      ? 'leave it out, or have WEBHOOK_SECRET set'
      : 'name a public host, or have WEBHOOK_ALLOW name this one';
  const pointer = refusal.at === '' ? '/webhook' : '/webhook/url';
  throw validationFailed([{ pointer, message: refusal.message, fix }]);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A body without its webhook, which is no part of the experiment. @throws HttpProblem validation_failed */
export function withoutWebhook(body: unknown): { readonly rest: unknown; readonly webhook: Webhook | null } {
  if (!isObject(body) || !Object.hasOwn(body, 'webhook')) return { rest: body, webhook: null };
  const { webhook: given, ...rest } = body;
  if (given === null) return { rest, webhook: null };
  const parsed = parseWith(webhookSchema, given);
  if (parsed.ok) return { rest, webhook: parsed.value };
  throw validationFailed(
    parsed.error.map((problem) => ({ ...problem, pointer: `/webhook${problem.pointer}` })),
  );
}

/**
 * Queues a job and answers 202; with `Prefer: wait`, once it is over.
 * @param work checks the body
 */
export async function submitJob(
  { body, request, reply }: Pick<Call<unknown, unknown>, 'body' | 'request' | 'reply'>,
  dependencies: Dependencies,
  work: 'acceptExperiment' | 'acceptSearch',
): Promise<unknown> {
  const { jobs } = dependencies;
  const key = keyOf(request.headers['idempotency-key']);
  const accepted = (await doWork(work, body, dependencies, key !== null)) as Accepted;
  const { fingerprint, ...submission } = accepted;
  refuseWebhook(submission.webhook, ownerOf(request), dependencies);
  const idempotency = key === null || fingerprint === null ? null : { key, fingerprint };
  const outcome = await jobs.submit({ ...submission, idempotency });
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
  if (outcome.kind === 'replayed') reply.header('idempotent-replayed', 'true');
  return reply
    .code(202)
    .headers({
      location: `/v1/jobs/${id}`,
      // A job that has ended does not change: the client need not ask again.
      ...(isTerminal(job.status) ? {} : { 'retry-after': RETRY_AFTER_S }),
    })
    .send(job);
}
