/** @file What browsers, caches and those who stop the service may expect of a real one. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

const services: TestService[] = [];
const start = async (settings: Record<string, string> = {}): Promise<TestService> => {
  const service = await startTestService(settings);
  services.push(service);
  return service;
};
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

const ORIGIN = 'https://page.example';
const preflight = ({ url }: TestService, origin: string) =>
  fetch(`${url}/v1/jobs`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  });

describe('CORS', () => {
  it('is off', async () => {
    const service = await start();
    for (const response of [
      await preflight(service, ORIGIN),
      await service.get('/v1/jobs', { origin: ORIGIN }),
    ])
      expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets the pages of CORS_ORIGINS in, and no others', async () => {
    const service = await start({ CORS_ORIGINS: `${ORIGIN}, http://localhost:3000` });
    const allowed = await preflight(service, ORIGIN);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
    const answer = await service.get('/v1/jobs', { origin: ORIGIN });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect(answer.headers.get('access-control-expose-headers')).toContain('location');
    const other = await service.get('/v1/jobs', { origin: 'https://other.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    const plain = await fetch(`${service.url}/v1/jobs`, { method: 'OPTIONS' });
    expect([plain.status, plain.headers.get('allow')]).toEqual([204, 'POST, GET, HEAD, OPTIONS']);
  });
});

it('sends the headers that keep browsers from guessing and framing', async () => {
  const { headers } = await (await start()).get('/v1/jobs');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
  expect(headers.get('x-powered-by')).toBeNull();
});

it('streams of events have the same headers', async () => {
  const service = await start({ CORS_ORIGINS: ORIGIN });
  const { links } = await service.finish(tinyExperiment({ remedies: { verify: false } }));
  const { headers } = await service.get(links.events, { accept: 'text/event-stream', origin: ORIGIN });
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
});

it('a report has an ETag and is not sent twice', async () => {
  const service = await start();
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
    const service = await start();
    const body = tinyExperiment({ ...endlessTraining(), remedies: { verify: false } });
    const job = (await (await service.post('/v1/jobs', body)).json()) as Job;
    const status = async () => ((await (await service.get(job.links.self)).json()) as Job).status;
    await expect.poll(status).toBe('running');
    const poll = service.get(job.links.self, { prefer: 'wait=60' });
    const stream = service.get(job.links.events, { accept: 'text/event-stream' }).then((it) => it.text());
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = Date.now();
    services.pop();
    await service.close();
    expect(Date.now() - before).toBeLessThan(10_000);
    expect((await poll).status).toBe(200);
    expect(await stream).toContain('"status":"running"');
    await expect(service.get('/healthz')).rejects.toThrow();
  });
});
