/** @file GET /v1/jobs/{id}/events: progress as JSON, or as a stream of server-sent events. */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { eventSchema, isTerminal } from '../../../jobs/index.ts';
import { type Dependencies, defineEndpoint, idParams } from '../../endpoint.ts';
import { noSuchJob } from './not_found.ts';

const query = z.strictObject({
  after: z.coerce.number().int().min(0).optional().describe('Only events with a larger seq'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

const EVENT_STREAM = 'text/event-stream';
const HEARTBEAT_MS = 15_000;
const PAGE = 100;

/** True if the client asks for a stream: a range of its Accept header matches, and is not refused by q=0. */
const wantsStream = (accept = ''): boolean =>
  accept.split(',').some((range) => {
    const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return type === EVENT_STREAM && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });

async function stream(
  request: FastifyRequest,
  reply: FastifyReply,
  { jobs, closing }: Dependencies,
  id: string,
  after: number,
): Promise<void> {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    // A hijacked reply does not send the headers that were set on it: those of every answer, and of CORS.
    ...(reply.getHeaders() as OutgoingHttpHeaders),
    'content-type': EVENT_STREAM,
    'cache-control': 'no-store',
    // nginx would collect events before it passes them on.
    'x-accel-buffering': 'no',
  });
  let wake = Promise.withResolvers<void>();
  let ended = false;
  const end = () => {
    ended = true;
    wake.resolve();
  };
  const unsubscribe = jobs.subscribe(id, () => wake.resolve());
  // A client that has something to take need not be told.
  const heartbeat = setInterval(() => {
    if (!raw.writableNeedDrain) raw.write(': still here\n\n');
  }, HEARTBEAT_MS);
  raw.on('close', end);
  raw.on('drain', () => wake.resolve());
  // An open stream would hold up the closing of the application for as long as the job runs.
  closing.addEventListener('abort', end);
  if (closing.aborted) end();
  try {
    for (let seq = after; !ended; ) {
      // Before reading, so that an event during the read wakes the next round.
      wake = Promise.withResolvers<void>();
      // A page at a time: what the client has not taken lies in memory.
      if (raw.writableNeedDrain) {
        await wake.promise;
        continue;
      }
      const job = await jobs.get(id);
      const events = await jobs.events(id, seq, PAGE);
      for (const event of events)
        raw.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
      seq = events.at(-1)?.seq ?? seq;
      if (events.length === PAGE) continue;
      if (job === null || isTerminal(job.status)) break;
      await wake.promise;
    }
  } catch (error) {
    request.log.warn({ err: error }, 'a stream of events was cut off');
    // Not ended, which would mean that the job has: the client comes back with Last-Event-ID.
    raw.destroy();
  } finally {
    clearInterval(heartbeat);
    unsubscribe();
    closing.removeEventListener('abort', end);
    raw.end();
  }
}

export const readEvents = defineEndpoint({
  method: 'GET',
  url: '/v1/jobs/:id/events',
  operationId: 'readEvents',
  tag: 'jobs',
  summary: 'Follow a job',
  description:
    'Events in the order of `seq`. With `Accept: text/event-stream` you get a stream that ends when the job ends. If the connection breaks before that, resume with `Last-Event-ID` or `after`. Otherwise you get a JSON page.',
  params: idParams,
  query,
  headers: z.object({ 'last-event-id': z.string().optional() }),
  responses: {
    200: {
      description: 'Events',
      content: {
        'application/json': z.object({ data: z.array(eventSchema) }).meta({ id: 'JobEvents' }),
        'text/event-stream': z.string(),
      },
    },
  },
  async answer({ params: { id }, query: { after, limit }, request, reply }, dependencies) {
    const { jobs } = dependencies;
    if ((await jobs.get(id)) === null) throw noSuchJob(id);
    if (!wantsStream(request.headers.accept)) {
      return reply.send({ data: await jobs.events(id, after ?? 0, limit) });
    }
    // A HEAD has no body to wait for.
    if (request.method === 'HEAD') return reply.type(EVENT_STREAM).send();
    // A browser that reconnects sends the `after` of its first request again: the header is the newer one.
    const last = Number(request.headers['last-event-id']);
    const start = Math.max(after ?? 0, Number.isSafeInteger(last) ? last : 0);
    await stream(request, reply, dependencies, id, start);
    return reply;
  },
});
