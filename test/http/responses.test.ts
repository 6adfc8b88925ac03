/** @file Every endpoint's answer against the schema that it declares, which is what the OpenAPI document shows. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/http/endpoint.ts';
import { createOpenApi } from '../../src/http/index.ts';
import { answerOf } from '../../src/http/openapi.ts';
import { problemSchema } from '../../src/http/problem.ts';
import { endpoints } from '../../src/http/routes/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { readExamples, version } from '../../src/service.ts';
import { type ErrorCode, errorTable } from '../../src/util/errors.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
let id: string;

beforeAll(async () => {
  service = await startTestService();
  id = (await service.finish(tinyExperiment())).id;
});
afterAll(() => service.close());

const send = (method: string, path: string) => fetch(service.url + path, { method });

async function uploaded(bytes: string): Promise<string> {
  const response = await fetch(`${service.url}/v1/files`, { method: 'POST', body: bytes });
  return ((await response.json()) as { id: string }).id;
}

/** A good request to every endpoint, by operationId. A new endpoint without a line here fails below. */
const calls: Readonly<Record<string, () => Promise<Response>>> = {
  createJob: () => service.post('/v1/jobs', tinyExperiment()),
  listJobs: () => service.get('/v1/jobs'),
  readJob: () => service.get(`/v1/jobs/${id}`),
  removeJob: async () => send('DELETE', `/v1/jobs/${(await service.finish(tinyExperiment())).id}`),
  cancelJob: () => send('POST', `/v1/jobs/${id}/cancel`),
  rerunJob: () => send('POST', `/v1/jobs/${id}/rerun`),
  readResult: () => service.get(`/v1/jobs/${id}/result`),
  readStatistics: () => service.get(`/v1/jobs/${id}/statistics?limit=100000`),
  readWeights: () => service.get(`/v1/jobs/${id}/weights`),
  readModel: () => service.get(`/v1/jobs/${id}/model?format=onnx`),
  readReport: () => service.get(`/v1/jobs/${id}/report`),
  readRuns: () => service.get(`/v1/jobs/${id}/runs`),
  readSeries: () => service.get(`/v1/jobs/${id}/series?run=baseline/0&metric=loss`),
  createImport: () =>
    fetch(`${service.url}/v1/imports`, {
      method: 'POST',
      body: readFileSync(new URL('../imports/fixtures/torch_mlp.onnx', import.meta.url)),
    }),
  createFile: () => fetch(`${service.url}/v1/files`, { method: 'POST', body: 'a,b\n1,2\n' }),
  listFiles: () => service.get('/v1/files'),
  readFile: async () => service.get(`/v1/files/${await uploaded('a,b\n1,2\n')}`),
  readFileContent: async () => service.get(`/v1/files/${await uploaded('a,b\n1,2\n')}/content`),
  removeFile: async () => send('DELETE', `/v1/files/${await uploaded('a,b\n3,4\n')}`),
  readEvents: () => service.get(`/v1/jobs/${id}/events`),
  createPreflight: () => service.post('/v1/preflight', tinyExperiment()),
  createSearch: () => service.post('/v1/searches', { experiment: tinyExperiment(), activations: ['relu'] }),
  createDiagnosis: () =>
    service.post('/v1/diagnoses', {
      traces: [{ layers: [{ name: 'a', output_shape: [2] }], losses: [1, 0.5] }],
    }),
  readCatalog: () => service.get('/v1/catalog'),
  readCatalogKind: () => service.get('/v1/catalog/layers'),
  readCatalogEntry: () => service.get('/v1/catalog/optimizers/adam'),
  compareActivations: () =>
    service.post('/v1/activations/compare', { activations: ['relu', 'softmax'], depth: 5 }),
  evaluateActivation: () =>
    service.post('/v1/activations/evaluate', { activation: 'exponential', inputs: [0, 1000] }),
  readHealth: () => service.get('/healthz'),
  readReadiness: () => service.get('/readyz'),
  readMetrics: () => service.get('/metrics'),
};

describe.each(endpoints)('$operationId', ({ operationId, responses }) => {
  it('answers as it declares', async () => {
    const response = await (calls[operationId] as () => Promise<Response>)();
    const text = await response.text();
    const contract = responses[response.status];
    expect(contract, `${response.status} ${text}`).toBeDefined();
    if (contract?.content?.['application/octet-stream'] !== undefined) {
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(text.length).toBeGreaterThan(0);
      return;
    }
    const plain = contract?.content?.['text/plain'] ?? contract?.content?.['text/html'];
    const schema = contract?.content?.['application/json'];
    if (plain !== undefined) expect(text).not.toBe('');
    else if (schema === undefined) expect(text).toBe('');
    else schema.parse(JSON.parse(text));
  });
});

describe('an example of the document', () => {
  const examples = readExamples();
  const answers = endpoints.flatMap(({ operationId, responses }) =>
    Object.values(responses).flatMap(({ content = {} }) =>
      Object.entries(content).map(([type, schema]) => ({ operationId, type, schema })),
    ),
  );
  const shown = answers.filter(
    ({ operationId, type }) => answerOf(examples, operationId, type) !== undefined,
  );

  it.each(answers.filter(({ type }) => type === 'application/json'))(
    'is there for $operationId, and what its schema says',
    ({ operationId, type, schema }) => {
      const example = answerOf(examples, operationId, type);
      expect(schema.parse(example)).toEqual(example);
    },
  );

  it('belongs to an operation', () => {
    expect(shown).toHaveLength(Object.keys(examples.answers).length);
    for (const { operationId, type, schema } of shown) schema.parse(answerOf(examples, operationId, type));
  });

  it.each(Object.entries(examples.problems))('of a problem: %s', (code, problem) => {
    expect(problemSchema.parse(problem)).toEqual(problem);
    expect(problem).toMatchObject({ code, status: errorTable[code as ErrorCode].status });
  });
});

const ofJobs = endpoints.filter((endpoint) => errorsOf(endpoint).includes('job_not_found'));

/** What an endpoint does not do without. */
const queries: Readonly<Record<string, string>> = { readSeries: '?run=baseline/0' };

it.each(ofJobs)('$operationId answers an unknown job with the problem', async (endpoint) => {
  const path = endpoint.url.replace(':id', 'job_none');
  const response = await send(endpoint.method, path + (queries[endpoint.operationId] ?? ''));
  expect(problemSchema.parse(await response.json())).toMatchObject({ status: 404, code: 'job_not_found' });
});

const ofClients = endpoints.filter(({ tag }) => tag !== 'service');

it.each(ofClients)(
  '$operationId refuses a query that it does not know, before anything else',
  async (endpoint) => {
    const { method, url, body, upload } = endpoint;
    const path = url.replaceAll(/:\w+/g, 'nothing');
    const isJson = body !== undefined;
    const response = await fetch(`${service.url}${path}?no_such_key=1`, {
      method,
      ...((isJson || upload) && { body: '{}' }),
      ...(isJson && { headers: { 'content-type': 'application/json' } }),
    });
    expect(await response.json()).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer: '/query/no_such_key' }],
    });
  },
);

const takingJson = endpoints.filter(({ body }) => body !== undefined);

it.each(takingJson)(
  '$operationId says what is wrong with a body that is none, and that it may',
  async (endpoint) => {
    const post = (text: string) => service.post(endpoint.url, text);
    expect(await (await post('')).json()).toMatchObject({ status: 400, code: 'malformed_json' });
    expect(await (await post('{')).json()).toMatchObject({ status: 400, code: 'malformed_json' });
    const may = [
      'malformed_json',
      'json_too_deep',
      'body_too_large',
      'unsupported_media_type',
      'experiment_too_large',
    ];
    expect(errorsOf(endpoint)).toEqual(expect.arrayContaining(may));
  },
);

it('calls no endpoint that is gone', () => {
  expect(Object.keys(calls).sort()).toEqual(endpoints.map(({ operationId }) => operationId).sort());
});

it('serves the document that scripts/write_openapi.ts writes', async () => {
  const served: unknown = await (await service.get('/openapi.json')).json();
  expect(served).toEqual(JSON.parse(JSON.stringify(createOpenApi(version, readExamples()))));
});

it('gives options with their defaults, which the option schemas would fill in', async () => {
  const adam = (await (await service.get('/v1/catalog/optimizers/adam')).json()) as {
    options: { properties: Record<string, { default?: unknown }> };
    defaults: Record<string, unknown>;
  };
  expect(adam.defaults).toMatchObject({ beta_1: 0.9, beta_2: 0.999 });
  for (const [name, value] of Object.entries(adam.defaults)) {
    expect(adam.options.properties[name]?.default).toEqual(value);
  }
});

it('posts every example of the document without a complaint', async () => {
  for (const example of Object.values(readExamples().requests)) {
    const response = await service.post('/v1/preflight', example);
    expect(((await response.json()) as { admissible: boolean }).admissible).toBe(true);
  }
});

const described = endpoints.filter(({ body }) => body !== undefined);

it.each(described)(
  '$operationId has an example of its request, which is taken',
  async ({ method, url, body }) => {
    const examples = body?.examples ?? body?.schema.meta()?.examples ?? {};
    // Experiments are looked at above.
    const own = examples === 'experiments' ? [] : Object.values(examples as object);
    if (examples !== 'experiments') expect(own).not.toEqual([]);
    for (const example of own) {
      expect(method).toBe('POST');
      const response = await service.post(url, example);
      expect(response.ok, await response.text()).toBe(true);
    }
  },
);

it('compresses what is large, for those who can read it', async () => {
  const large = await service.get(`/v1/jobs/${id}/result`, { 'accept-encoding': 'gzip' });
  expect(large.headers.get('content-encoding')).toBe('gzip');
  expect(((await large.json()) as { job_id: Job['id'] }).job_id).toBe(id);
  const small = await service.get('/healthz', { 'accept-encoding': 'gzip' });
  expect(small.headers.get('content-encoding')).toBeNull();
});
