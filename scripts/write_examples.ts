/**
 * @file Writes examples/answers/: what a real service answers to the example requests of its OpenAPI document, for that document
 * to show. Long lists are shortened and numbers are rounded; nothing else is changed. Takes a minute.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';

const folder = new URL('../examples/answers/', import.meta.url);

const MAX_OBJECTS = 2;
/** Shapes stay whole. */
const MAX_VALUES = 4;
const MAX_LINES = 6;
const DIGITS = 6;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first items; of objects with a status the first of each. */
function someOf(items: readonly unknown[]): readonly unknown[] {
  const states = items.map((item) => (isObject(item) ? item.status : undefined));
  if (states.some((status) => status !== undefined))
    return items.filter((_item, i) => states.indexOf(states[i]) === i);
  return items.slice(0, items.some(isObject) ? MAX_OBJECTS : MAX_VALUES);
}

function shortened(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(DIGITS));
  if (Array.isArray(value)) return someOf(value).map(shortened);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shortened(item)]));
}

function write(name: string, value: unknown): void {
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(value, null, 1)}\n`);
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
  };
}

interface Operation {
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: Readonly<
      Record<
        string,
        {
          readonly schema: { readonly $ref?: string };
          readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
        }
      >
    >;
  };
}

mkdirSync(folder, { recursive: true });
const dataDir = mkdtempSync(join(tmpdir(), 'gradclinic-examples-'));
const receiver = createServer((request, response) => {
  request.resume();
  response.writeHead(204).end();
});
await new Promise<void>((listening) => receiver.listen(8790, '127.0.0.1', listening));
const service = await startService(
  readConfig({
    ...{ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'silent' },
    ...{ WEBHOOK_SECRET: 'whsec_ZXhhbXBsZXM=', WEBHOOK_ALLOW: '127.0.0.1' },
  }),
);
const at = (path: string) => service.url + path;
const get = (path: string, accept = '*/*') => fetch(at(path), { headers: { accept } });
const send = (path: string, body: string | Buffer<ArrayBuffer>, type = 'application/json') =>
  fetch(at(path), { method: 'POST', headers: { 'content-type': type }, body });
const upload = (path: string, body: string | Buffer<ArrayBuffer>) =>
  send(path, body, 'application/octet-stream');

const { paths, components } = (await (await get('/openapi.json')).json()) as Document;

/** The example request of an operation, the first unless a name is given. */
function exampleOf(operationId: string, name?: string): Record<string, unknown> {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const media = operations.find((one) => one.operationId === operationId)?.requestBody?.content[
    'application/json'
  ];
  const named = media?.examples ?? {};
  const schema = components.schemas[media?.schema.$ref?.replace('#/components/schemas/', '') ?? ''];
  const value = (name === undefined ? Object.values(named)[0] : named[name])?.value ?? schema?.examples?.[0];
  if (!isObject(value)) throw new Error(`${operationId} has no example ${name ?? ''} of its request`);
  return value;
}

/** Example requests as they are posted. */
const request = (operationId: string, name?: string) => JSON.stringify(exampleOf(operationId, name));

async function keep(operationId: string, answer: Response): Promise<Record<string, unknown>> {
  const body = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${operationId}: ${JSON.stringify(body)}`);
  write(operationId, shortened(body));
  return body;
}

/** Lines of text, as JSON strings: `<operationId>.<media type's end>.json`. */
async function keepText(name: string, answer: Response, separator: string): Promise<void> {
  const pieces = (await answer.text()).split(separator).slice(0, MAX_LINES);
  write(name, pieces.map((piece) => piece + separator).join(''));
}

async function ended(id: unknown): Promise<Response> {
  for (;;) {
    const answer = await fetch(at(`/v1/jobs/${id}`), { headers: { prefer: 'wait=60' } });
    const { status } = (await answer.clone().json()) as { status: string };
    if (status !== 'queued' && status !== 'running') return answer;
  }
}

const problems: Record<string, unknown> = {};
async function keepProblem(answer: Response | Promise<Response>): Promise<void> {
  const problem = (await (await answer).json()) as { code: string };
  if ((await answer).ok) throw new Error(`no problem: ${JSON.stringify(problem)}`);
  problems[problem.code] = shortened(problem);
}

const TABLE = 'area,rooms,age,price\n82,3,12,310000\n54,2,40,184000\n131,5,3,522000\n67,2,25,236000\n';

async function writeAll(): Promise<void> {
  const sick = {
    ...exampleOf('createJob', 'deep-sigmoid'),
    webhook: { url: 'http://127.0.0.1:8790/hooks/gradclinic?token=secret' },
  };
  const submit = () => send('/v1/jobs', JSON.stringify(sick));
  const { id } = await keep('createJob', await submit());
  await keepProblem(get(`/v1/jobs/${id}/result`));
  await keepProblem(fetch(at(`/v1/jobs/${id}`), { method: 'DELETE' }));
  await ended(id);
  // Its delivery is told as well.
  await new Promise((delivered) => setTimeout(delivered, 2000));
  await keep('readJob', await get(`/v1/jobs/${id}`));
  await keep('readResult', await get(`/v1/jobs/${id}/result`));
  const { data: runs } = await keep('readRuns', await get(`/v1/jobs/${id}/runs`));
  const rows = `/v1/jobs/${id}/statistics?run=baseline/0&tensor=output_gradient&metric=rms&limit=4`;
  await keep('readStatistics', await get(rows));
  await keepText('readStatistics.csv', await get(rows, 'text/csv'), '\n');
  await keep('readSeries', await get(`/v1/jobs/${id}/series?run=baseline/0&metric=loss`));
  await keep('readEvents', await get(`/v1/jobs/${id}/events`));
  await keepText('readEvents.event-stream', await get(`/v1/jobs/${id}/events`, 'text/event-stream'), '\n\n');
  const search = await keep('createSearch', await send('/v1/searches', request('createSearch')));
  await keep('cancelJob', await fetch(at(`/v1/jobs/${search.id}/cancel`), { method: 'POST' }));
  await ended(search.id);
  const next = await keep('rerunJob', await fetch(at(`/v1/jobs/${search.id}/rerun`), { method: 'POST' }));
  await fetch(at(`/v1/jobs/${next.id}/cancel`), { method: 'POST' });
  await ended(next.id);
  await keep('listJobs', await get('/v1/jobs'));
  const file = await keep('createFile', await upload('/v1/files?name=houses.csv', TABLE));
  await keep('listFiles', await get('/v1/files'));
  await keep('readFile', await get(`/v1/files/${file.id}`));
  const model = readFileSync(new URL('../test/imports/fixtures/torch_mlp.onnx', import.meta.url));
  await keep('createImport', await upload('/v1/imports', model));
  await keep('createPreflight', await send('/v1/preflight', request('createPreflight', 'deep-sigmoid')));
  await keep('createDiagnosis', await send('/v1/diagnoses', request('createDiagnosis')));
  await keep('evaluateActivation', await send('/v1/activations/evaluate', request('evaluateActivation')));
  await keep('compareActivations', await send('/v1/activations/compare', request('compareActivations')));
  await keep('readCatalog', await get('/v1/catalog'));
  await keep('readCatalogKind', await get('/v1/catalog/optimizers'));
  await keep('readCatalogEntry', await get('/v1/catalog/optimizers/adam'));
  await keep('readHealth', await get('/healthz'));
  await keep('readReadiness', await get('/readyz'));
  await keepText('readMetrics.plain', await get('/metrics'), '\n');

  await keepProblem(get(`/v1/jobs/${search.id}/result`));
  await keepProblem(get('/v1/jobs/job_01ARZ3NDEKTSV4RRFFQ69G5FAV'));
  await keepProblem(get('/v1/files/file_01ARZ3NDEKTSV4RRFFQ69G5FAV'));
  await keepProblem(get(`/v1/jobs/${id}/series?run=baseline/7&metric=loss`));
  // Weights are kept of the baseline and of proofs.
  const other = (runs as { run: string }[]).find(({ run }) => run.startsWith('reference/'));
  await keepProblem(get(`/v1/jobs/${id}/weights?run=${encodeURIComponent(other?.run ?? '')}`));
  await keepProblem(get('/v1/catalog/optimizers/sdg'));
  await keepProblem(send('/v1/jobs', '{"network": '));
  await keepProblem(send('/v1/jobs', '['.repeat(1000)));
  await keepProblem(send('/v1/jobs', '{}', 'text/plain'));
  await keepProblem(send('/v1/jobs', JSON.stringify({ ...sick, name: ' '.repeat(17 * 2 ** 20) })));
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'training-42' };
  const again = (body: object) =>
    fetch(at('/v1/jobs'), { method: 'POST', headers, body: JSON.stringify(body) });
  const { id: first } = (await (await again(sick)).json()) as { id: string };
  await keepProblem(again({ ...sick, seed: 1 }));
  await fetch(at(`/v1/jobs/${first}/cancel`), { method: 'POST' });
  await keepProblem(send('/v1/jobs', JSON.stringify({ ...sick, training: { loss: 'mse', step: 100 } })));
  const huge = { type: 'dense', units: 60_000 };
  const network = { input: { shape: [2] }, layers: [huge, huge, { type: 'dense', units: 2 }] };
  await keepProblem(send('/v1/jobs', JSON.stringify({ ...sick, network })));
  await keepProblem(upload('/v1/files?name=houses.csv', 'area,price\n82,3,12\n"54'));
  await keepProblem(
    upload('/v1/imports', '{"class_name": "Sequential", "config": {"layers": [{"class_name": "Lambda"}]}}'),
  );
}

try {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  await writeAll();
  write('problems', Object.fromEntries(Object.entries(problems).sort(([a], [b]) => (a < b ? -1 : 1))));
} finally {
  await service.close();
  receiver.close();
  rmSync(dataDir, { recursive: true, force: true });
}
