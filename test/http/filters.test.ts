/** @file Lists that are filtered, statistics as a whole, waits without a number, replays, and results that there are none of. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
let job: Job;
beforeAll(async () => {
  service = await startTestService();
  job = await service.finish(
    tinyExperiment({
      name: 'Two % blobs',
      metadata: { ticket: 'ML-42', team: 'a "b"' },
      diagnostics: { probe_every: 1 },
    }),
  );
  await service.finish(
    tinyExperiment({ name: 'other', metadata: { ticket: 'ML-4' }, remedies: { verify: false } }),
  );
});
afterAll(() => service.close());

const namesOf = async (query: string) => {
  const response = await service.get(`/v1/jobs?${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { data: Job[] }).data.map(({ name }) => name);
};

it('filters jobs by name and metadata', async () => {
  expect(await namesOf('name=two%20%25')).toEqual(['Two % blobs']);
  expect(await namesOf('name=t_o')).toEqual([]);
  expect(await namesOf('metadata.ticket=ML-4')).toEqual(['other']);
  expect(await namesOf(`metadata.ticket=ML-42&metadata.team=${encodeURIComponent('a "b"')}`)).toEqual([
    'Two % blobs',
  ]);
  expect(await namesOf('metadata.ticket=ML')).toEqual([]);
  const wrong = await service.get('/v1/jobs?ticket=1');
  expect(wrong.status).toBe(422);
  expect(await wrong.text()).toContain('metadata.<key>');
});

it('filters jobs by verdict, kind and words, whatever page they would be on', async () => {
  const verdict = job.summary?.verdict;
  expect(await namesOf(`verdict=${verdict}&name=two`)).toEqual(['Two % blobs']);
  const others = ['healthy', 'unhealthy', 'inconclusive'].filter((one) => one !== verdict);
  for (const other of others) expect(await namesOf(`verdict=${other}&name=two`)).toEqual([]);
  expect(await namesOf('kind=search')).toEqual([]);
  expect(await namesOf('kind=study&text=TWO%20ticket=ml-42')).toEqual(['Two % blobs']);
  expect(await namesOf(`text=${job.id}`)).toEqual(['Two % blobs']);
  expect(await namesOf('text=two%20ticket=ml-43')).toEqual([]);
  expect((await service.get('/v1/jobs?verdict=sick')).status).toBe(422);
});

it('gives all rows as CSV, more than a page of them', async () => {
  const csv = await (await service.get(`/v1/jobs/${job.id}/statistics?format=csv`)).text();
  const [header, ...lines] = csv.trimEnd().split('\n');
  expect(header).toBe('run,step,layer,tensor,metric,value');
  let count = 0;
  for (let cursor: string | null = null, first = true; first || cursor !== null; first = false) {
    const page = (await (
      await service.get(
        `/v1/jobs/${job.id}/statistics?limit=100000${cursor === null ? '' : `&cursor=${cursor}`}`,
      )
    ).json()) as { data: unknown[]; next_cursor: string | null };
    count += page.data.length;
    cursor = page.next_cursor;
  }
  expect(lines).toHaveLength(count);
  expect(count).toBeGreaterThan(10_000);
  const accepted = await service.get(`/v1/jobs/${job.id}/statistics?run=baseline/0&metric=loss`, {
    accept: 'text/csv',
  });
  expect(accepted.headers.get('content-type')).toContain('text/csv');
});

it('gives all rows as Parquet, a row group for each run', async () => {
  const path = `/v1/jobs/${job.id}/statistics`;
  const response = await service.get(path, { accept: 'application/vnd.apache.parquet' });
  expect(response.headers.get('content-type')).toBe('application/vnd.apache.parquet');
  const file = await response.arrayBuffer();
  const rows = await parquetReadObjects({ file });
  const csv = await (await service.get(`${path}?format=csv`)).text();
  const cells = rows.map((row) => Object.values(row).map((cell) => (cell === null ? '' : String(cell))));
  expect(cells.map((row) => row.map((cell) => (/,/.test(cell) ? `"${cell}"` : cell)).join(','))).toEqual(
    csv
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.replace(/nan$/, 'NaN').replace(/inf$/, 'Infinity')),
  );
  const { row_groups, num_rows } = parquetMetadata(file);
  expect(row_groups).toHaveLength(new Set(rows.map(({ run }) => run)).size);
  expect(num_rows).toBe(BigInt(rows.length));
  const none = await service.get(`${path}?from_step=999999&format=parquet`);
  expect(await parquetReadObjects({ file: await none.arrayBuffer() })).toEqual([]);
});

it('answers with the type that is preferred', async () => {
  const typeFor = async (accept: string) =>
    (await service.get(`/v1/jobs/${job.id}/statistics?metric=loss`, { accept })).headers.get('content-type');
  expect(await typeFor('text/html, */*;q=0.8')).toContain('application/json');
  expect(await typeFor('application/json;q=0.5, Text/CSV')).toContain('text/csv');
  expect(await typeFor('text/csv;q=0.1, application/vnd.apache.parquet;q=0.2')).toContain('parquet');
  expect(await typeFor('text/csv, application/json')).toContain('application/json');
  expect(await typeFor('text/csv;q=0')).toContain('application/json');
});

it('names what there is where a layer, tensor or metric is unknown', async () => {
  for (const [name, value, known] of [
    ['layer', 'dense_9', 'dense_1'],
    ['tensor', 'kernel.grad', 'kernel.gradient'],
    ['metric', 'norm', 'l2_norm'],
  ] as const) {
    const response = await service.get(`/v1/jobs/${job.id}/statistics?run=baseline/0&${name}=${value}`);
    expect(response.status).toBe(422);
    expect(await response.text()).toContain(known);
  }
});

it('waits without a number', async () => {
  const response = await service.post('/v1/jobs', tinyExperiment({ seed: 7, remedies: { verify: false } }), {
    prefer: 'wait',
  });
  expect(response.headers.get('preference-applied')).toBe('wait=60');
  expect(((await response.json()) as Job).status).toBe('succeeded');
});

it('says that an answer is a replay', async () => {
  const send = () => service.post('/v1/jobs', tinyExperiment(), { 'idempotency-key': 'once' });
  expect((await send()).headers.get('idempotent-replayed')).toBeNull();
  expect((await send()).headers.get('idempotent-replayed')).toBe('true');
});

it('has a code of its own for the result of a canceled job', async () => {
  const { id } = (await (await service.post('/v1/jobs', tinyExperiment(endlessTraining()))).json()) as Job;
  expect((await (await service.get(`/v1/jobs/${id}/result`)).json()) as object).toMatchObject({
    code: 'job_not_finished',
  });
  await fetch(`${service.url}/v1/jobs/${id}/cancel`, { method: 'POST' });
  await service.get(`/v1/jobs/${id}`, { prefer: 'wait' });
  expect((await (await service.get(`/v1/jobs/${id}/result`)).json()) as object).toMatchObject({
    status: 409,
    code: 'job_canceled',
  });
});

it('says what to write instead of NaN', async () => {
  const response = await service.post('/v1/preflight', '{"data": {"type": "inline", "inputs": [NaN]}}');
  expect(await response.text()).toContain('write null');
});

it('says that nothing was measured where nothing was probed', async () => {
  const unprobed = await service.finish(
    tinyExperiment({ diagnostics: { probe_every: 0 }, remedies: { verify: false } }),
  );
  for (const name of ['metric', 'layer', 'tensor']) {
    const response = await service.get(`/v1/jobs/${unprobed.id}/statistics?run=baseline/0&${name}=loss`);
    expect(response.status).toBe(422);
    const [problem] = ((await response.json()) as { errors: { message: string; fix: string }[] }).errors;
    expect(problem?.message).toContain('nothing was measured');
    expect(problem?.fix).toContain('probe_every of 1 or more');
  }
});

it('refuses a query that an endpoint does not know, whatever the endpoint', async () => {
  const own = `/v1/jobs/${job.id}`;
  for (const [path, known] of [
    [own, 'no query'],
    [`${own}/runs`, 'no query'],
    [`${own}/report`, 'no query'],
    [`${own}/result`, 'include'],
    [`${own}/statistics`, 'max_points'],
    ['/v1/files/file_1', 'no query'],
    ['/v1/files', 'limit, cursor'],
    ['/v1/catalog', 'no query'],
    ['/v1/jobs', 'limit, cursor'],
  ] as const)
    for (const key of ['unheard_of', '__proto__']) {
      const response = await service.get(`${path}?${key}=1`);
      expect([path, response.status]).toEqual([path, 422]);
      const { errors } = (await response.json()) as { errors: { pointer: string; fix: string }[] };
      expect(errors).toEqual([
        expect.objectContaining({ pointer: `/query/${key}`, fix: expect.stringContaining(known) }),
      ]);
    }
  expect((await service.post('/v1/preflight?dry=1', tinyExperiment())).status).toBe(422);
  expect((await service.get(own)).status).toBe(200);
});

it('names the keys that stand beside an experiment', async () => {
  const fixOf = async (path: string, body: object) => {
    const response = await service.post(path, body);
    return ((await response.json()) as { errors: { fix: string }[] }).errors[0]?.fix;
  };
  const unknown = tinyExperiment({ unheard_of: 1 });
  expect(await fixOf('/v1/jobs', unknown)).toMatch(/import.*webhook/);
  expect(await fixOf('/v1/preflight', unknown)).toMatch(/import, open_size$/);
  expect(await fixOf('/v1/jobs', tinyExperiment({ webhok: {} }))).toBe('did you mean "webhook"?');
  expect(await fixOf('/v1/searches', {})).toBe('add a value of type object');
});
