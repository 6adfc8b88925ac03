/** @file What browsers, caches and those who stop the service may expect of a real one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

/** With the settings of the program, and with some pages that may call it. */
let [service, open] = [] as unknown as [TestService, TestService];
beforeAll(async () => {
  service = await startTestService();
  open = await startTestService({ CORS_ORIGINS: `${ORIGIN}, http://localhost:3000` });
});
afterAll(() => open.close());

const ORIGIN = 'https://page.example';
const preflight = ({ url }: TestService, origin: string) =>
  fetch(`${url}/v1/jobs`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });

describe('CORS', () => {
  it('is off', async () => {
    for (const response of [
      await preflight(service, ORIGIN),
      await service.get('/v1/jobs', { origin: ORIGIN }),
    ])
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets the pages of CORS_ORIGINS in, and no others', async () => {
    const allowed = await preflight(open, ORIGIN);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
    const answer = await open.get('/v1/jobs', { origin: ORIGIN });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('access-control-expose-headers')).toContain('location');
    const other = await open.get('/v1/jobs', { origin: 'https://other.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const plain = await fetch(`${open.url}/v1/jobs`, { method: 'OPTIONS' });
    expect([plain.status, plain.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
  });
});

it('sends the headers that keep browsers from guessing and framing', async () => {
  const { headers } = await service.get('/v1/jobs');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
  expect(headers.get('x-powered-by')).toBeNull();
});

it('streams of events have the same headers', async () => {
  const { links } = await open.finish(tinyExperiment({ remedies: { verify: false } }));
  const { headers } = await open.get(links.events, { accept: 'text/event-stream', origin: ORIGIN });
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

it('a report has an ETag and is not sent twice', async () => {
  const { links } = await service.finish(tinyExperiment({ remedies: { verify: false } }));
  const first = await service.get(links.result);
  const etag = first.headers.get('etag') as string;
  expect([first.status, etag.length > 2]).toEqual([200, true]);
  await first.text();
  const again = await service.get(links.result, { 'if-none-match': etag });
  expect([again.status, await again.text()]).toEqual([304, '']);
  expect((await service.get(links.result, { 'if-none-match': '"another"' })).status).toBe(200);
});

describe('a stop', () => {
  it('within ten seconds gives the running job back, and the next start goes on with it', async () => {
    const body = tinyExperiment({ ...endlessTraining(), remedies: { verify: false } });
    const job = (await (await service.post('/v1/jobs', body)).json()) as Job;
    const status = async () => ((await (await service.get(job.links.self)).json()) as Job).status;
    await expect.poll(status).toBe('running');
    const poll = service.get(job.links.self, { prefer: 'wait=60' });
    const stream = service.get(job.links.events, { accept: 'text/event-stream' }).then((it) => it.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = Date.now();
    await service.close();
    expect(Date.now() - before).toBeLessThan(10_000);
    expect((await poll).status).toBe(200);
    expect(await stream).toContain('"status":"running"');
    await expect(service.get('/healthz')).rejects.toThrow();
  });
});
