/** @file Webhooks: signed, sent until they arrive, after a restart too, and never to where they must not go. Real receivers. */

import dns, { type LookupOptions } from 'node:dns';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { present } from '../../src/util/assert.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
// 127.0.0.2 is a loopback address as well: what is not named is refused, however near.
const settings = { WEBHOOK_SECRET: SECRET, WEBHOOK_ALLOW: '127.0.0.2,receiver.test', WEBHOOK_RETRY_MS: '20' };

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly path: string;
}

const servers: Server[] = [];

/** Answers with what `answer` says, the n-th time it is asked; null: never. */
async function receiver(
  answer: (n: number) => number | null | { status: number; location: string },
  host = '127.0.0.2',
  port = 0,
) {
  const received: Received[] = [];
  const listener: RequestListener = async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    received.push({
      headers: request.headers,
      text: Buffer.concat(parts).toString(),
      path: request.url ?? '',
    });
    const said = answer(received.length);
    if (said === null) return;
    if (typeof said === 'number') response.writeHead(said).end('x'.repeat(100_000));
    else response.writeHead(said.status, { location: said.location }).end();
  };
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(port, host, done));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const until = async (count: number) => {
    // Under load a job may take its time.
    for (let i = 0; i < 2400 && received.length < count; i++)
      await new Promise((wake) => setTimeout(wake, 25));
    return received;
  };
  return { url, received, until };
}

const quiet = () => new Promise((wake) => setTimeout(wake, 600));

const eventOf = ({ text, headers }: Received) =>
  new Webhook(SECRET).verify(text, headers as Record<string, string>) as {
    type: string;
    timestamp: string;
    data: Job;
  };

const small = (webhook: unknown, changes: Record<string, unknown> = {}) =>
  tinyExperiment({
    training: { ...(tinyExperiment().training as object), steps: 1 },
    remedies: { verify: false },
    webhook,
    ...changes,
  });

/** What the job says of its only event. */
async function deliveryOf({ get }: TestService, id: string) {
  const { webhook } = (await (await get(`/v1/jobs/${id}`)).json()) as Job;
  const [delivery, ...others] = webhook?.deliveries ?? [];
  expect(others).toEqual([]);
  return present(delivery);
}

/** The same, once nothing more is done about it. */
async function settledOf(from: TestService, id: string) {
  for (;;) {
    const delivery = await deliveryOf(from, id);
    if (delivery.state !== 'pending') return delivery;
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

let service: TestService;
beforeAll(async () => {
  service = await startTestService(settings);
});
afterAll(async () => {
  await service.close();
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
});

it('posts the end of a job, signed, and the same again until it is taken', async () => {
  const { url, until } = await receiver((n) => (n <= 5 ? 500 : 200));
  const job = await service.finish(small({ url: `${url}/hook?token=1` }));
  // What may be a secret is not told.
  const shown = { url: `${url}/…`, events: ['job.succeeded', 'job.failed', 'job.canceled'] };
  expect(job.webhook).toMatchObject(shown);
  const received = await until(6);
  await quiet();
  expect(received).toHaveLength(6);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(received.map(({ text }) => text)).size).toBe(1);
  for (const one of received)
    expect(eventOf(one)).toMatchObject({ type: 'job.succeeded', timestamp: job.finished_at });
  const fresh = { state: 'pending', attempts: 0, last_status: null, last_error: null, at: null };
  const webhook = { ...shown, deliveries: [{ event: 'job.succeeded', ...fresh }] };
  expect(eventOf(received[0] as Received).data).toEqual({ ...job, webhook });
  const delivery = await settledOf(service, job.id);
  const told = {
    event: 'job.succeeded',
    state: 'delivered',
    attempts: 6,
    last_status: 200,
    last_error: null,
  };
  expect(delivery).toEqual({ ...told, at: expect.any(String) });
  expect(Date.parse(delivery.at ?? '')).toBeGreaterThanOrEqual(Date.parse(job.finished_at ?? ''));
  expect(received[0]?.path).toBe('/hook?token=1');
});

it('posts what was asked for, of searches as well', async () => {
  const { url, received, until } = await receiver(() => 204);
  // Is not told of its success.
  await service.finish(small({ url, events: ['job.canceled'] }));
  const { id } = (await (
    await service.post('/v1/jobs', small({ url, events: ['job.canceled'] }, endlessTraining()))
  ).json()) as Job;
  await fetch(`${service.url}/v1/jobs/${id}/cancel`, { method: 'POST' });
  await until(1);
  await quiet();
  expect(received.map((one) => eventOf(one).data.id)).toEqual([id]);
  const training = { ...(tinyExperiment().training as object), steps: 1 };
  const experiment = tinyExperiment({ training, remedies: { seeds: 2 } });
  const search = { experiment, activations: ['tanh', 'relu'], webhook: { url, events: ['job.succeeded'] } };
  const submitted = (await (await service.post('/v1/searches', search)).json()) as Job;
  expect(submitted.kind).toBe('search');
  await until(2);
  expect(eventOf(received[1] as Received).data.id).toBe(submitted.id);
});

it('stops at 410', async () => {
  const { url, received, until } = await receiver(() => 410);
  const { id } = await service.finish(small({ url }));
  await until(1);
  await quiet();
  expect(received).toHaveLength(1);
  expect(await settledOf(service, id)).toMatchObject({ state: 'failed', attempts: 1, last_status: 410 });
});

it('says on the job that a receiver fails, which is called again', async () => {
  const { url, until } = await receiver(() => 503);
  const { id } = await service.finish(small({ url }));
  await until(3);
  const attempts = async () => (await deliveryOf(service, id)).attempts;
  await expect.poll(attempts).toBeGreaterThanOrEqual(2);
  const told = { state: 'pending', last_status: 503, last_error: null };
  expect(await deliveryOf(service, id)).toMatchObject(told);
});

it('calls a receiver again that does not answer in time, and counts it', async () => {
  const slow = await startTestService({ ...settings, WEBHOOK_TIMEOUT_MS: '250' });
  let isSlow = true;
  const { url, received } = await receiver(() => (isSlow ? null : 200));
  const { id } = await slow.finish(small({ url }));
  await expect.poll(async () => (await deliveryOf(slow, id)).attempts).toBeGreaterThan(1);
  const told = await deliveryOf(slow, id);
  expect(told).toMatchObject({ state: 'pending', last_status: null, last_error: 'no answer in time' });
  isSlow = false;
  const delivery = await settledOf(slow, id);
  expect(delivery).toMatchObject({ state: 'delivered', last_status: 200, last_error: null });
  expect(delivery.attempts).toBeGreaterThan(told.attempts);
  expect(received.length).toBeGreaterThan(2);
  expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  await slow.close();
});

it('says why nobody was reached', async () => {
  const { url } = await receiver(() => 200);
  await new Promise((closed) => servers.pop()?.close(closed));
  const { id } = await service.finish(small({ url }));
  const told = { state: 'pending', last_status: null, last_error: 'ECONNREFUSED' };
  await expect.poll(() => deliveryOf(service, id)).toMatchObject(told);
});

/** Every name under `.test` stands for what `answer` says, the n-th time it is resolved. All other names are resolved as ever. */
async function withNames<T>(answer: (n: number) => string, use: () => Promise<T>): Promise<T> {
  const { lookup } = dns;
  let asked = 0;
  const resolve = (host: string, options: LookupOptions, callback: (...told: unknown[]) => void) => {
    if (!host.endsWith('.test')) return lookup(host, options, callback);
    const addresses = [{ address: answer(++asked), family: 4 }];
    setImmediate(() => callback(null, addresses));
  };
  Object.assign(dns, { lookup: resolve });
  syncBuiltinESMExports();
  try {
    return await use();
  } finally {
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
  }
}

describe('a name that stands for another address after it was checked', () => {
  it.each([
    ['before the first attempt', 0, { attempts: 1, last_status: null }],
    ['between attempts', 2, { attempts: 3, last_status: null }],
  ])('%s leads nowhere', async (_when, good, told) => {
    const allowed = await receiver(() => 500);
    const { port } = new URL(allowed.url);
    const forbidden = await receiver(() => 200, '127.0.0.1', Number(port));
    // Whoever resolves a name to check it, and again to connect, comes to the second address one attempt too early.
    const delivery = await withNames(
      (n) => (n <= good ? '127.0.0.2' : '127.0.0.1'),
      async () => {
        const { id } = await service.finish(small({ url: `http://rebinding.test:${port}/` }));
        return settledOf(service, id);
      },
    );
    const last_error = 'the name stands for an address that is not public';
    expect(delivery).toMatchObject({ ...told, state: 'failed', last_error });
    expect(allowed.received).toHaveLength(good);
    expect(forbidden.received).toEqual([]);
  });
});

describe('goes', () => {
  it('where it is redirected to, if that is allowed', async () => {
    const target = await receiver(() => 200);
    const { url } = await receiver(() => ({ status: 307, location: `${target.url}/moved` }));
    await service.finish(small({ url }));
    const [received] = await target.until(1);
    expect(received?.path).toBe('/moved');
    expect(eventOf(received as Received).type).toBe('job.succeeded');
  });

  it('nowhere else, by redirect or by name', async () => {
    const forbidden = await receiver(() => 200, '127.0.0.1');
    const port = new URL(forbidden.url).port;
    const first = await receiver(() => ({ status: 302, location: forbidden.url }));
    await service.finish(small({ url: first.url }));
    await first.until(1);
    // The name of this machine: it is known what it stands for only when it is resolved.
    await service.finish(small({ url: `http://${hostname()}:${port}/` }));
    await quiet();
    expect(forbidden.received).toEqual([]);
    expect(first.received).toHaveLength(1);
  });

  it('round in no circle', async () => {
    const { url, until, received } = await receiver(() => ({ status: 308, location: '/again' }));
    await service.finish(small({ url }));
    await until(8);
    expect(received.slice(0, 8).map(({ path }) => path)).toEqual([
      '/',
      '/again',
      '/again',
      '/again',
      '/',
      '/again',
      '/again',
      '/again',
    ]);
  });
});

it.each([
  'http://127.0.0.1/',
  'http://2130706433/',
  'http://[::ffff:127.0.0.1]/',
  'http://169.254.169.254/latest',
  'http://localhost:8080/',
  'http://LOCALHOST./',
  'http://hooks.localhost/',
  'https://example.org:0/',
])('refuses %s at once', async (url) => {
  const response = await service.post('/v1/jobs', small({ url }));
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({ errors: [{ pointer: '/webhook/url' }] });
});

it.each([
  [{ url: 'ftp://example.org' }, '/webhook/url'],
  [{ url: 'http://user:password@example.org' }, '/webhook/url'],
  [{ url: 'https://example.org', events: [] }, '/webhook/events'],
  [{ url: 'https://example.org', events: ['job.done'] }, '/webhook/events/0'],
  [{ url: 'https://example.org', events: ['job.failed', 'job.failed'] }, '/webhook/events'],
  ['https://example.org', '/webhook'],
])('says what is wrong with %j', async (webhook, pointer) => {
  const response = await service.post('/v1/jobs', small(webhook));
  expect(await response.json()).toMatchObject({ status: 422, errors: [{ pointer }] });
});

it('is sent after a restart', async () => {
  const DATA_DIR = mkdtempSync(join(tmpdir(), 'gradclinic-hooks-'));
  const port = await receiver(() => 200).then(({ url }) => Number(new URL(url).port));
  await new Promise((closed) => servers.pop()?.close(closed));
  // So seldom that not many attempts are made while nobody is there.
  const before = await startTestService({ ...settings, DATA_DIR, WEBHOOK_RETRY_MS: '2000' });
  const { id } = await before.finish(small({ url: `http://127.0.0.2:${port}/` }));
  await before.stop();
  const { until } = await receiver(() => 200, '127.0.0.2', port);
  const after = await startTestService({ ...settings, DATA_DIR });
  const [received] = await until(1);
  expect(eventOf(received as Received).data.id).toBe(id);
  await after.close();
  rmSync(DATA_DIR, { recursive: true, force: true });
});

it('needs a secret', async () => {
  const plain = await startTestService({ WEBHOOK_ALLOW: '127.0.0.2' });
  const response = await plain.post('/v1/jobs', small({ url: 'https://example.org' }));
  expect(await response.json()).toMatchObject({ status: 422, errors: [{ pointer: '/webhook' }] });
  await plain.close();
});
