/** @file Requests that are meant to hurt: huge, deep, compressed, not HTTP. A clean refusal, and the service lives on. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterEach(async () => {
  expect((await service.get('/healthz')).status).toBe(200);
});
afterAll(() => service.close());

interface ProblemBody {
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly { readonly pointer: string }[];
}

async function refusal(response: Response): Promise<[number, ProblemBody]> {
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  return [response.status, (await response.json()) as ProblemBody];
}

/** Sends bytes as they are, and gives everything that comes back until the server closes. */
const exchange = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port, hostname } = new URL(service.url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });

describe('names', () => {
  const long = 'k'.repeat(10 * 2 ** 20);
  it.each([
    ['a key', { [long]: 1 }],
    [
      'a key of a layer',
      { network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2, [long]: 1 }] } },
    ],
    ['the name of a type', { data: { type: long } }],
    ['a rule', { diagnostics: { rules: { [long]: {} } } }],
  ])('%s of 10 MB is cut in the answer, and costs no time', async (_what, changes) => {
    const before = process.cpuUsage();
    const response = await service.post('/v1/jobs', tinyExperiment(changes));
    expect(response.status).toBe(422);
    expect((await response.text()).length).toBeLessThan(5000);
    const { user, system } = process.cpuUsage(before);
    // Of the service and of this client, whatever else the machine does.
    expect((user + system) / 1e6).toBeLessThan(5);
  });

  const weights = (name: string, dtype = 'F32') => {
    const header = Buffer.from(
      `{${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[1],"data_offsets":[0,4]}}`,
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const data = Buffer.concat([length, header, Buffer.alloc(4)]).toString('base64');
    const { training } = tinyExperiment() as { training: object };
    return { training: { ...training, initial_weights: { encoding: 'safetensors', data } } };
  };

  it.each(['__proto__', 'constructor', 'toString', '', 'dense_1'])(
    'the tensor "%s", which no network has, is refused by name',
    async (name) => {
      const [status, problem] = await refusal(await service.post('/v1/jobs', tinyExperiment(weights(name))));
      expect(status).toBe(422);
      expect(JSON.stringify(problem.errors)).toContain(`no parameter \\"${name}\\"`);
    },
  );

  it.each(['F32', 'F16'])(
    'a tensor of %s with a name of megabytes is refused by its beginning',
    async (dtype) => {
      const response = await service.post('/v1/jobs', tinyExperiment(weights('t'.repeat(2 ** 22), dtype)));
      expect(response.status).toBe(422);
      expect((await response.text()).length).toBeLessThan(5000);
    },
  );
});

describe('bodies', () => {
  // A regular expression over the body overflowed here; base64 weights are such strings.
  it.each([
    ['letters', 'x'.repeat(15 * 2 ** 20)],
    ['escapes', '\n'.repeat(7 * 2 ** 20)],
    ['brackets', '['.repeat(15 * 2 ** 20)],
  ])('a string of megabytes of %s is validated like any other', async (_what, name) => {
    const [status, problem] = await refusal(await service.post('/v1/jobs', tinyExperiment({ name })));
    expect([status, problem.code]).toEqual([422, 'validation_failed']);
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/name']);
  });

  const withKeys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 1]));

  it('ten thousand unknown keys are answered with the first hundred problems', async () => {
    const [status, problem] = await refusal(await service.post('/v1/preflight', withKeys(10_000)));
    expect([status, problem.errors?.length]).toEqual([422, 100]);
  });

  it('a million unknown keys are not even parsed, whatever object they stand in', async () => {
    for (const body of [withKeys(1e6), tinyExperiment({ metadata: withKeys(10_001) })]) {
      const [status, problem] = await refusal(await service.post('/v1/preflight', body));
      expect([status, problem.code]).toEqual([413, 'body_too_large']);
    }
  });

  it.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused at any depth', async (key) => {
    const text = JSON.stringify(tinyExperiment()).replace('"units":4', `"units":4,"a":[{"${key}":{}}]`);
    const escaped = text.replace(key, `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`);
    for (const body of [text, escaped]) {
      const [status, problem] = await refusal(await service.post('/v1/jobs', body));
      expect([status, problem.code]).toEqual([400, 'malformed_json']);
    }
  });

  it('64 levels are validated, 65 are not looked at; brackets in strings do not count', async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect((await refusal(await service.post('/v1/preflight', nested(64))))[0]).toBe(422);
    expect((await refusal(await service.post('/v1/preflight', nested(65))))[1].code).toBe('json_too_deep');
    const name = `"\\${'['.repeat(100)}`;
    expect((await service.post('/v1/preflight', tinyExperiment({ name }))).status).toBe(200);
  });

  it('a number that overflows is pointed to', async () => {
    const body = JSON.stringify(tinyExperiment()).replace('"steps":40', '"steps":1e999');
    const [status, problem] = await refusal(await service.post('/v1/jobs', body));
    expect([status, problem.errors?.[0]?.pointer]).toEqual([422, '/training/steps']);
  });

  it('NUL bytes and lone surrogates come back as they went in', async () => {
    const metadata = { 'k\u0000': 'v\ud800', '\udfff': '' };
    const job = await service.finish(tinyExperiment({ name: 'a\u0000b\ud800', metadata }));
    expect(job).toMatchObject({ status: 'succeeded', name: 'a\u0000b\ud800', metadata });
    const report = (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as Record<string, unknown>;
    expect(report.experiment).toMatchObject({ name: 'a\u0000b\ud800', metadata });
  });
});

describe('compressed bodies', () => {
  const send = (body: string | Uint8Array<ArrayBuffer>, encoding: string) =>
    fetch(`${service.url}/v1/preflight`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body,
    });

  it('are read, bounded by what they decompress to, and refused where they are broken', async () => {
    expect((await send(gzipSync(JSON.stringify(tinyExperiment())), 'gzip')).status).toBe(200);
    const bomb = gzipSync(Buffer.alloc(100 * 2 ** 20, ' '));
    expect((await refusal(await send(bomb, 'gzip')))[1].code).toBe('body_too_large');
    expect((await refusal(await send('not gzip', 'gzip')))[1].code).toBe('bad_request');
    expect((await refusal(await send('{}', 'rot13')))[1].code).toBe('unsupported_media_type');
    const cut = gzipSync(JSON.stringify(tinyExperiment())).subarray(0, 100);
    expect((await refusal(await send(cut, 'gzip')))[1].code).toBe('bad_request');
  });

  it('are unpacked no further than to the limit', async () => {
    const part = gzipSync(Buffer.alloc(20 * 2 ** 20, ' '));
    const seconds = async (parts: number) => {
      const bomb = Buffer.concat(Array.from({ length: parts }, () => part));
      const since = performance.now();
      expect((await refusal(await send(bomb, 'gzip')))[0]).toBe(413);
      return (performance.now() - since) / 1000;
    };
    await seconds(1);
    // One is just over the limit; 40 would be 800 MiB. In turns, the quickest of each: other programs only make them slower.
    let [one, forty] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let round = 0; round < 3; round++) {
      one = Math.min(one, await seconds(1));
      forty = Math.min(forty, await seconds(40));
    }
    expect(forty).toBeLessThan(4 * one + 0.1);
  });
});

describe('a body of a type or an encoding that is not taken', () => {
  const send = (path: string, headers: Record<string, string>) =>
    fetch(service.url + path, { method: 'POST', headers, body: new Uint8Array([0x7b, 0x7d]) });
  it.each([
    ['/v1/jobs', { 'content-type': 'text/csv' }, ['"text/csv"', 'application/json', '/v1/files']],
    ['/v1/preflight', {}, ['no content-type', 'application/json']],
    [
      '/v1/diagnoses',
      { 'content-type': 'application/json', 'content-encoding': 'lz4' },
      ['gzip', 'zstd', 'left out'],
    ],
    ['/v1/files', { 'content-encoding': 'br' }, ['gzip', 'left out']],
    ['/v1/imports', { 'content-encoding': 'br' }, ['gzip', 'left out']],
  ])('%s %j: says what is taken', async (path, headers, said) => {
    const [status, problem] = await refusal(await send(path, headers as Record<string, string>));
    expect([status, problem.code]).toEqual([415, 'unsupported_media_type']);
    for (const part of said) expect(problem.detail).toContain(part);
  });
});

describe('bodies that need not be there', () => {
  it.each([
    ['POST', '/v1/jobs/job_none/cancel'],
    ['DELETE', '/v1/jobs/job_none'],
  ])('%s %s takes a content type without a body', async (method, path) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(service.url + path, { method, headers });
    expect((await refusal(response))[1].code).toBe('job_not_found');
  });
});

describe('what is not a request', () => {
  it.each([
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n', 400, 'bad_request'],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'bad_request'],
    [
      'endless headers',
      `GET / HTTP/1.1\r\nHost: x\r\nA: ${'b'.repeat(40_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
  ])('%s is answered with a problem', async (_name, bytes, status, code) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('content-type: application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, code });
  });
});

describe('bodies that are not what their headers say', () => {
  const HEAD = 'POST /v1/preflight HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n';
  const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n`;
  const CLOSE = 'Connection: close\r\n\r\n';
  it.each([
    ['chunks of no size', `${CHUNKED}\r\nzz\r\n{}\r\n0\r\n\r\n`, 'bad_request'],
    ['a chunk that is longer than it says', `${CHUNKED}\r\n2\r\n{}x\r\n0\r\n\r\n`, 'bad_request'],
    ['chunks of more than any memory', `${CHUNKED}\r\nffffffffffffffffff\r\n{}`, 'bad_request'],
    ['chunks whose names of extensions never end', `${CHUNKED}\r\n2;${'x'.repeat(40_000)}`, 'bad_request'],
    ['trailers that never end', `${CHUNKED}\r\n0\r\nx: ${'y'.repeat(40_000)}`, 'headers_too_large'],
    ['garbage in good chunks', `${CHUNKED}${CLOSE}3\r\n\x00{[\r\n0\r\n\r\n`, 'malformed_json'],
    ['a length and chunks', `${CHUNKED}Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n`, 'bad_request'],
    ['two lengths', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} `, 'bad_request'],
    ['a length that is none', `${HEAD}Content-Length: -1\r\n\r\n{}`, 'bad_request'],
    ['a length that is too short', `${HEAD}Content-Length: 1\r\n${CLOSE}{}`, 'bad_request'],
    [
      'an encoding that is not theirs',
      `${CHUNKED}Content-Encoding: gzip\r\n${CLOSE}2\r\n{}\r\n0\r\n\r\n`,
      'bad_request',
    ],
    [
      'two encodings',
      `${HEAD}Content-Encoding: gzip, br\r\nContent-Length: 2\r\n${CLOSE}{}`,
      'unsupported_media_type',
    ],
  ])('%s', async (_what, bytes, code) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ code });
  });
});

it('an expectation that nobody knows is ignored', async () => {
  const answer = await exchange(
    'GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: cake\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
});

describe('paths', () => {
  it.each([
    ['/v1/jobs/%', 400, 'bad_request'],
    [`/v1/jobs/${'a'.repeat(10_000)}`, 404, 'job_not_found'],
    ['/v1/jobs/%00', 404, 'job_not_found'],
    ['/v1/jobs/..%2f..%2fetc', 404, 'job_not_found'],
    ['/openapiXjson', 404, 'route_not_found'],
  ])('%s', async (path, status, code) => {
    const response = await service.get(path, { 'x-request-id': 'mine' });
    expect(response.headers.get('x-request-id')).toBe('mine');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const [given, problem] = await refusal(response);
    expect([given, problem.code]).toEqual([status, code]);
  });

  it('the pages take no other method either', async () => {
    const response = await service.post('/openapi.json', '{}');
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
    expect((await refusal(response))[1].code).toBe('method_not_allowed');
  });
});

it('a cursor of statistics is good for its own filter only', async () => {
  const job: Job = await service.finish(tinyExperiment());
  const path = `/v1/jobs/${job.id}/statistics?limit=2`;
  const page = (await (await service.get(`${path}&metric=rms`)).json()) as { next_cursor: string };
  expect((await service.get(`${path}&metric=rms&cursor=${page.next_cursor}`)).status).toBe(200);
  const [status, problem] = await refusal(
    await service.get(`${path}&metric=mean&cursor=${page.next_cursor}`),
  );
  expect([status, problem.errors?.[0]?.pointer]).toEqual([422, '/query/cursor']);
});
