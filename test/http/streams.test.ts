/** @file Streams and long polls of a job that still runs: live, resumed, and never in the way of closing. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

const SOON_MS = 5000;

let service: TestService;
let job: Job;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

beforeEach(async () => {
  job = (await (await service.post('/v1/jobs', tinyExperiment(endlessTraining()))).json()) as Job;
  // One that still runs would hold up the next.
  return () => service.post(`/v1/jobs/${job.id}/cancel`, '');
});

const EVENTS = { accept: 'text/event-stream' };

async function openStream(query = '', headers: Record<string, string> = {}) {
  const response = await service.get(`/v1/jobs/${job.id}/events${query}`, { ...EVENTS, ...headers });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let text = '';
  return {
    /** Everything until `pattern` has come. */
    async until(pattern: RegExp): Promise<string> {
      while (!pattern.test(text)) {
        const { value, done } = await reader.read();
        if (done) throw new Error(`the stream ended before ${pattern}: ${text}`);
        text += decoder.decode(value);
      }
      return text;
    },
    async rest(): Promise<string> {
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        text += decoder.decode(chunk.value);
      }
      return text;
    },
  };
}

it('tells events as they happen, and ends after the terminal one', async () => {
  const stream = await openStream();
  await stream.until(/"status":"running"/);
  await service.post(`/v1/jobs/${job.id}/cancel`, '');
  const text = await stream.rest();
  expect(text.trimEnd().split('\n\n').at(-1)).toMatch(/^id: \d+\nevent: status\ndata: .*"status":"canceled"/);
});

it('goes on after Last-Event-ID, also where the first request named an earlier event', async () => {
  await (await openStream()).until(/"status":"running"/);
  const resumed = await (await openStream('?after=0', { 'last-event-id': '1' })).until(/\n\n/);
  expect(resumed).toMatch(/^id: 2\n/);
});

it('answers HEAD at once', async () => {
  const response = await fetch(`${service.url}/v1/jobs/${job.id}/events`, {
    method: 'HEAD',
    headers: EVENTS,
    signal: AbortSignal.timeout(SOON_MS),
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
});

it.each([
  ['TEXT/Event-Stream', 'text/event-stream'],
  ['text/html, text/event-stream;q=0.5', 'text/event-stream'],
  ['text/event-stream;q=0, application/json', 'application/json; charset=utf-8'],
])('answers Accept: %s with %s', async (accept, type) => {
  const url = `${service.url}/v1/jobs/${job.id}/events`;
  const response = await fetch(url, { method: 'HEAD', headers: { accept } });
  expect(response.headers.get('content-type')).toBe(type);
});

it.each(['wait=0', 'wait = "0"', 'respond-async, wait=0; foo=bar'])('takes Prefer: %s', async (prefer) => {
  const response = await service.get(`/v1/jobs/${job.id}`, { prefer });
  expect(response.headers.get('preference-applied')).toBe('wait=0');
});

it('says which wait it applied: at most a minute', async () => {
  const response = service.get(`/v1/jobs/${job.id}`, { prefer: 'respond-async, wait=99999999' });
  await service.post(`/v1/jobs/${job.id}/cancel`, '');
  expect((await response).headers.get('preference-applied')).toBe('wait=60');
  expect((await (await response).json()) as Job).toMatchObject({ status: 'canceled' });
});

it('closes with a stream and a long poll open', async () => {
  const stream = await openStream();
  await stream.until(/"status":"running"/);
  const poll = service.get(`/v1/jobs/${job.id}`, { prefer: 'wait=60' });
  // So that the poll has arrived: a request during closing is a different story.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const start = performance.now();
  await service.close();
  await stream.rest();
  expect((await poll).status).toBe(200);
  expect(performance.now() - start).toBeLessThan(SOON_MS);
  // For the clean-up behind the test, which closes once more.
  service = await startTestService();
});
