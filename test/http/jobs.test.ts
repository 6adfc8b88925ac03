/** @file The job routes of a real service, against the contract and the response schemas. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Job, jobSchema } from '../../src/jobs/index.ts';
import { type Report, reportSchema } from '../../src/study/index.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
let job: Job;

beforeAll(async () => {
  service = await startTestService();
  job = await service.finish(tinyExperiment({ metadata: { ticket: 'ML-42' } }));
});
afterAll(() => service.close());

const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const body = (await response.json()) as {
    status: number;
    code: string;
    request_id: string;
    errors?: { pointer: string; fix?: string }[];
  };
  expect(body.status).toBe(response.status);
  expect(body.request_id).toBe(response.headers.get('x-request-id'));
  return body;
};

describe('POST /v1/jobs', () => {
  it('accepts an experiment with 202, Location and Retry-After', async () => {
    const response = await service.post('/v1/jobs', tinyExperiment());
    expect(response.status).toBe(202);
    const body = jobSchema.parse(await response.json());
    expect(response.headers.get('location')).toBe(`/v1/jobs/${body.id}`);
    expect(response.headers.get('retry-after')).toBe('1');
  });

  it('points at what is wrong and says how to mend it', async () => {
    const response = await service.post(
      '/v1/jobs',
      tinyExperiment({ data: { type: 'blob', samples: 60 }, sed: 1 }),
    );
    expect(response.status).toBe(422);
    const { code, errors } = await problemOf(response);
    expect(code).toBe('validation_failed');
    expect(errors).toContainEqual({
      pointer: '/data/type',
      message: '"blob" is not known',
      fix: 'did you mean "blobs"?',
    });
    expect(errors).toContainEqual({
      pointer: '/sed',
      message: 'unknown key "sed"',
      fix: 'did you mean "seed"?',
    });
  });

  it('replays an Idempotency-Key, and refuses it with another body', async () => {
    const headers = { 'idempotency-key': 'key-1' };
    const first = (await (await service.post('/v1/jobs', tinyExperiment(), headers)).json()) as Job;
    const again = (await (await service.post('/v1/jobs', tinyExperiment(), headers)).json()) as Job;
    expect(again.id).toBe(first.id);
    const other = await service.post('/v1/jobs', tinyExperiment({ seed: 5 }), headers);
    expect(other.status).toBe(422);
    expect((await problemOf(other)).code).toBe('idempotency_key_reused');
  });

  it.each([
    ['broken JSON', '{"network":', 'application/json', 400, 'malformed_json'],
    ['no body', '', 'application/json', 400, 'malformed_json'],
    ['another content type', 'x', 'text/plain', 415, 'unsupported_media_type'],
    ['a prototype key', '{"__proto__":{}}', 'application/json', 400, 'malformed_json'],
    ['deep nesting', '['.repeat(5000) + ']'.repeat(5000), 'application/json', 400, 'json_too_deep'],
    ['17 MiB', `"${'x'.repeat(17 * 2 ** 20)}"`, 'application/json', 413, 'body_too_large'],
  ])('answers %s with a problem', async (_name, body, type, status, code) => {
    const response = await service.post('/v1/jobs', body, { 'content-type': type });
    expect(response.status).toBe(status);
    expect((await problemOf(response)).code).toBe(code);
  });
});

describe('GET /v1/jobs/{id}', () => {
  it('shows the finished job as the contract says', () => {
    expect(jobSchema.parse(job)).toMatchObject({
      status: 'succeeded',
      metadata: { ticket: 'ML-42' },
      error: null,
    });
    expect(job.progress).toMatchObject({ fraction: 1, phase: 'report' });
    expect(job.summary?.verdict).toBe('healthy');
  });

  it('answers 304 to its own ETag', async () => {
    const etag = (await service.get(`/v1/jobs/${job.id}`)).headers.get('etag') as string;
    expect((await service.get(`/v1/jobs/${job.id}`, { 'if-none-match': etag })).status).toBe(304);
    expect((await service.get(`/v1/jobs/${job.id}`, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('says that an unknown job is not there', async () => {
    const response = await service.get('/v1/jobs/job_nope');
    expect([response.status, (await problemOf(response)).code]).toEqual([404, 'job_not_found']);
  });
});

describe('GET /v1/jobs', () => {
  it('pages newest first, and cursors survive inserts', async () => {
    const first = (await (await service.get('/v1/jobs?limit=2')).json()) as {
      data: Job[];
      next_cursor: string;
    };
    await service.post('/v1/jobs', tinyExperiment());
    const second = (await (await service.get(`/v1/jobs?limit=2&cursor=${first.next_cursor}`)).json()) as {
      data: Job[];
    };
    const ids = [...first.data, ...second.data].map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort().reverse());
  });

  it('refuses a cursor that it did not make and an unknown parameter', async () => {
    const response = await service.get('/v1/jobs?cursor=abc');
    expect((await problemOf(response)).errors?.[0]?.pointer).toBe('/query/cursor');
    const other = await service.get('/v1/jobs?limt=2');
    expect((await problemOf(other)).errors?.[0]).toMatchObject({
      pointer: '/query/limt',
      fix: 'did you mean "limit"?',
    });
  });
});

describe('GET /v1/jobs/{id}/result', () => {
  it('gives a report that fits its schema; the resolved experiment can be posted again', async () => {
    const report = reportSchema.parse(
      await (await service.get(`/v1/jobs/${job.id}/result`)).json(),
    ) as Report;
    expect(report.job_id).toBe(job.id);
    expect(report.checks.map(({ status }) => status)).not.toContain('error');
    expect(report.baseline.runs.map(({ seed }) => seed)).toEqual([0, 1]);
    expect((await service.post('/v1/preflight', report.experiment)).status).toBe(200);
  });

  it('is a 409 while there is none', async () => {
    const steps = { ...(tinyExperiment().training as object), steps: 100_000 };
    const running = (await (
      await service.post('/v1/jobs', tinyExperiment({ training: steps }))
    ).json()) as Job;
    const response = await service.get(`/v1/jobs/${running.id}/result`);
    expect([response.status, (await problemOf(response)).code]).toEqual([409, 'job_not_finished']);
    expect((await fetch(`${service.url}/v1/jobs/${running.id}`, { method: 'DELETE' })).status).toBe(409);
    const canceled = (await (await service.post(`/v1/jobs/${running.id}/cancel`, '{}')).json()) as Job;
    expect(canceled.cancel_requested_at).not.toBeNull();
    const ended = (await (await service.get(`/v1/jobs/${running.id}`, { prefer: 'wait=20' })).json()) as Job;
    expect(ended.status).toBe('canceled');
    expect((await fetch(`${service.url}/v1/jobs/${running.id}`, { method: 'DELETE' })).status).toBe(204);
    expect((await service.get(`/v1/jobs/${running.id}`)).status).toBe(404);
  });
});

interface Rows {
  readonly data: {
    run: string;
    step: number;
    layer: string | null;
    tensor: string | null;
    metric: string;
    value: number | null;
  }[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

describe('GET /v1/jobs/{id}/statistics', () => {
  it('filters, and pages without losing a row', async () => {
    const path = `/v1/jobs/${job.id}/statistics?tensor=kernel.gradient&metric=rms`;
    const all = (await (await service.get(path)).json()) as Rows;
    expect(all.data.map(({ run, step, layer }) => [run, step, layer]).slice(0, 3)).toEqual([
      ['baseline/0', 0, 'dense_1'],
      ['baseline/0', 0, 'dense_2'],
      ['baseline/0', 10, 'dense_1'],
    ]);
    const paged: Rows['data'] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await (
        await service.get(`${path}&limit=3${cursor && `&cursor=${cursor}`}`)
      ).json()) as Rows;
      paged.push(...page.data);
      cursor = page.next_cursor;
    }
    expect(paged).toEqual(all.data);
  });

  it('writes CSV, thins by max_points, and names the runs that there are', async () => {
    const csv = await (
      await service.get(`/v1/jobs/${job.id}/statistics?run=baseline/0&metric=loss&format=csv&max_points=2`)
    ).text();
    const lines = csv.trim().split('\n');
    expect(lines[0]).toBe('run,step,layer,tensor,metric,value');
    expect(lines.slice(1).map((line) => line.split(',').slice(0, 5).join())).toEqual([
      'baseline/0,0,,,loss',
      'baseline/0,39,,,loss',
    ]);
    const unknown = await service.get(`/v1/jobs/${job.id}/statistics?run=nope`);
    expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, 'run_not_found']);
  });

  it.each(['layer', 'tensor', 'metric'])(
    'refuses a %s that no run has, also where all runs are asked for',
    async (name) => {
      const of = (value: string, rest = '') =>
        service.get(`/v1/jobs/${job.id}/statistics?${name}=${value}&limit=1${rest}`);
      for (const rest of ['', '&format=csv', '&run=baseline/0']) {
        const unknown = await of('nope', rest);
        expect(unknown.status, rest).toBe(422);
        expect(await problemOf(unknown)).toMatchObject({
          errors: [{ pointer: `/query/${name}`, fix: expect.stringMatching(/^there are: \w/) }],
        });
      }
    },
  );
});

describe('GET /v1/jobs/{id}/events', () => {
  it('gives the same events as JSON and as a stream that resumes', async () => {
    const { data } = (await (await service.get(`/v1/jobs/${job.id}/events`)).json()) as {
      data: { seq: number; type: string }[];
    };
    expect(data.map(({ seq }) => seq)).toEqual(data.map((_, i) => i + 1));
    expect(data.at(-1)).toMatchObject({ type: 'status', data: { status: 'succeeded' } });
    const stream = await service.get(`/v1/jobs/${job.id}/events`, {
      accept: 'text/event-stream',
      'last-event-id': '2',
    });
    const ids = [...(await stream.text()).matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(data.map(({ seq }) => seq).filter((seq) => seq > 2));
  });
});
