/** @file GET /v1/jobs/{id}: the job, with ETag and long polling. */
import { createHash } from 'node:crypto';
import { type Job, jobSchema } from '../../../jobs/index.ts';
import {
  defineEndpoint,
  endOfWait,
  etagHeaders,
  idParams,
  isKnown,
  json,
  preferHeader,
  waitOf,
} from '../../endpoint.ts';
import { noSuchJob } from './not_found.ts';

interface Answer {
  readonly body: string;
  readonly etag: string;
}

/** By the job as it was read: who polls mostly gets what was sent before. */
const answers = new WeakMap<Job, Answer>();

function answerOf(job: Job): Answer {
  const known = answers.get(job);
  if (known !== undefined) return known;
  const body = JSON.stringify(job);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const answer = { body, etag };
  answers.set(job, answer);
  return answer;
}

export const readJob = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id',
  operationId: 'readJob',
  tag: 'jobs',
  short: true,
  summary: 'Read a job',
  description:
    'Its state and progress. With `Prefer: wait=N` the answer comes when the job has ended, or after N seconds.',
  params: idParams,
  headers: preferHeader.extend(etagHeaders.shape),
  responses: { 200: json('The job', jobSchema), 304: { description: 'Unchanged since the ETag' } },
  async answer({ params: { id }, request, reply }, dependencies) {
    const { jobs } = dependencies;
    const wait = waitOf(request);
    const job =
      wait === null
        ? await jobs.get(id)
        : await jobs.waitUntilTerminal(id, wait * 1000, endOfWait(request, dependencies));
    if (job === null) throw noSuchJob(id);
    const { body, etag } = answerOf(job);
    if (wait !== null) reply.header('preference-applied', `wait=${wait}`);
    if (isKnown(request, reply, etag)) return reply.code(304).send();
    return reply.type('application/json').send(body);
  },
});
