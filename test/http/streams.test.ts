/** @file Streams and long polls of a job that still runs: live, resumed, and never in the way of closing. */
import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

const SOON_MS = 5000;

let service: TestService;
let job: Job;

const dataDir = mkdtempSync(join(tmpdir(), 'gradclinic-streams-'));

beforeAll(async () => {
  service = await startTestService({ DATA_DIR: dataDir });
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

it('reads no events in advance for a client that does not take them', async () => {
  const database = new Database(join(dataDir, 'gradclinic.sqlite'));
  const [FIRST, COUNT, EARLY] = [10_000, 2000, 1800];
  const text = JSON.stringify({ early: 'x'.repeat(8192) });
  const insert = database.prepare(
    "insert into events (job_id, seq, type, data, created_at) values (?, ?, 'progress', ?, '2026-01-01T00:00:00.000Z')",
  );
  database.transaction(() => {
    for (let i = 0; i < COUNT; i++) insert.run(job.id, FIRST + i, text);
  })();
  const { port, hostname } = new URL(service.url);
  const client = connect(Number(port), hostname);
  // Reads nothing so far: the operating system takes a few megabytes of the sixteen.
  client.write(`GET /v1/jobs/${job.id}/events HTTP/1.1\r\nhost: x\r\naccept: text/event-stream\r\n\r\n`);
  await sleep(1000);
  const change = database.prepare("update events set data = '{}' where job_id = ? and seq >= ?");
  change.run(job.id, FIRST + EARLY);
  database.close();
  const parts: Buffer[] = [];
  client.on('data', (chunk: Buffer) => parts.push(chunk));
  await expect.poll(() => Buffer.concat(parts.slice(-5)).includes(`id: ${FIRST + COUNT - 1}\n`)).toBe(true);
  client.destroy();
  // In order and without a gap, and the last as they were when the client had come to them.
  const received = Buffer.concat(parts).toString();
  const seqs = [...received.matchAll(/^id: (\d{5})$/gm)].map(([, seq]) => Number(seq));
  expect(seqs.slice(0, COUNT)).toEqual(Array.from({ length: COUNT }, (_, i) => FIRST + i));
  expect(received.match(/"early"/g)).toHaveLength(EARLY);
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
