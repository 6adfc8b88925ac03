/** @file Access keys on a real service: who may call, and that what belongs to one key is not there for another. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import { endpoints } from '../../src/http/routes/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

type Headers = Record<string, string>;

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-access-'));
const file = join(folder, 'keys.json');
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const alice = bearer(addKey(file, 'alice'));
const bob = bearer(addKey(file, 'bob'));

let service: TestService;
let job: Job;

const submit = async (headers: Headers, experiment = tinyExperiment()): Promise<[Response, Job]> => {
  const response = await service.post('/v1/jobs', experiment, headers);
  return [response, (await response.json()) as Job];
};

beforeAll(async () => {
  service = await startTestService({ API_KEYS_FILE: file });
  [, job] = await submit({ ...alice, prefer: 'wait=60' });
  expect(job.status).toBe('succeeded');
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const send = (method: string, path: string, headers: Headers) =>
  fetch(service.url + path, { method, headers });

/** A body is not needed: who may not call is told so before anything is read. */
const closed = endpoints.filter((endpoint) => !endpoint.public);
const open = endpoints.filter((endpoint) => endpoint.public);

describe.each(closed)('$method $url', ({ method, url }) => {
  it.each([
    ['no key', {}],
    ['a wrong key', bearer('gradclinic_wrong')],
    ['another scheme', { authorization: 'Basic YTpi' }],
  ])('is 401 with %s', async (_case, headers) => {
    const response = await send(method, url.replace(':id', job.id), headers);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      401,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm=/);
    expect(await response.json()).toMatchObject({ code: 'unauthorized', status: 401 });
  });
});

it('HEAD needs a key like GET', async () => {
  expect((await send('HEAD', '/v1/jobs', {})).status).toBe(401);
  expect((await send('HEAD', '/v1/jobs', alice)).status).toBe(200);
});

it.each([...open.map(({ url }) => url), '/openapi.json', '/docs/'])('%s stays public', async (url) => {
  const path = url.replace(':kind', 'rules').replace(':id', 'dead_units');
  expect((await send('GET', path, {})).status).toBe(200);
  expect((await send('GET', path, bearer('wrong'))).status).toBe(200);
});

it('the file of another key is not there, by any route', async () => {
  const upload = await fetch(`${service.url}/v1/files`, {
    method: 'POST',
    body: 'a,b\n1,2\n3,4\n',
    headers: alice,
  });
  const { id } = (await upload.json()) as { id: string };
  expect((await send('GET', `/v1/files/${id}`, alice)).status).toBe(200);
  for (const [method, path] of [
    ['GET', `/v1/files/${id}`],
    ['GET', `/v1/files/${id}/content`],
    ['DELETE', `/v1/files/${id}`],
  ] as const)
    expect((await send(method, path, bob)).status).toBe(404);
  const body = tinyExperiment({ data: { type: 'file', file: id, targets: 'b' } });
  const foreign = await fetch(`${service.url}/v1/jobs`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { ...bob, 'content-type': 'application/json' },
  });
  expect(foreign.status).toBe(422);
  expect(await foreign.text()).toContain('there is no file');
  expect(((await (await send('GET', '/v1/files', bob)).json()) as { data: unknown[] }).data).toEqual([]);
});

describe('the job of another key', () => {
  const ofJobs = closed.filter(({ url }) => url.startsWith('/v1/jobs/:id'));

  it('there are routes to try', () => expect(ofJobs.length).toBeGreaterThanOrEqual(8));

  it.each(ofJobs)('$method $url is 404, in the words of a job that never was', async ({ method, url }) => {
    // What a query lacks is said first, whoever asks.
    const query = url.endsWith('/series') ? '?run=baseline/0' : '';
    const foreign = await send(method, url.replace(':id', job.id) + query, bob);
    const unknown = await send(method, url.replace(':id', 'job_none') + query, bob);
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    const [a, b] = (await Promise.all([foreign.json(), unknown.json()])) as {
      code: string;
      detail: string;
    }[];
    expect(a?.code).toBe('job_not_found');
    expect(a?.detail.replace(job.id, 'job_none')).toBe(b?.detail);
  });

  it('has no stream and no long poll', async () => {
    const path = `/v1/jobs/${job.id}`;
    const stream = await service.get(`${path}/events`, { ...bob, accept: 'text/event-stream' });
    expect(stream.status).toBe(404);
    expect((await service.get(path, { ...bob, prefer: 'wait=5' })).status).toBe(404);
  });

  it('is neither canceled nor deleted by having been asked for', async () => {
    const response = await service.get(`/v1/jobs/${job.id}`, alice);
    expect([response.status, ((await response.json()) as Job).status]).toEqual([200, 'succeeded']);
    expect((await service.get(`/v1/jobs/${job.id}/result`, alice)).status).toBe(200);
    expect((await service.get(`/v1/jobs/${job.id}/weights`, alice)).status).toBe(200);
  });

  it('is not in the list, also not by the cursor of its owner', async () => {
    await submit(alice);
    const listOf = async (headers: Headers, query = '') =>
      (await (await service.get(`/v1/jobs${query}`, headers)).json()) as {
        data: Job[];
        next_cursor: string | null;
      };
    const page = await listOf(alice, '?limit=1');
    expect(page.data).toHaveLength(1);
    expect((await listOf(bob)).data).toEqual([]);
    expect((await listOf(bob, `?cursor=${page.next_cursor}`)).data).toEqual([]);
  });
});

it('an idempotency key is unique for its owner only', async () => {
  const headers = (owner: Headers) => ({ ...owner, 'idempotency-key': 'once' });
  const [, first] = await submit(headers(alice));
  const [, again] = await submit(headers(alice));
  expect(again.id).toBe(first.id);
  const [response, other] = await submit(headers(bob), tinyExperiment({ seed: 5 }));
  expect(response.status).toBe(202);
  expect(other.id).not.toBe(first.id);
  const [conflict] = await submit(headers(alice), tinyExperiment({ seed: 6 }));
  expect(conflict.status).toBe(422);
});
