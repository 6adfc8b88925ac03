/** @file Requests to every operation of openapi/openapi.json: good, nearly good, hostile. */
import fc from 'fast-check';
import { document, type Operation } from '../http/document.ts';
import { readExample, tinyExperiment } from '../http/service.ts';
import { fromSchema, type Schema } from './from_schema.ts';
import { type Hostile, hostile } from './hostile.ts';
import { nearly } from './mutate.ts';
import { uploads } from './uploads.ts';

/** Whose job a path names: decided when it is sent, because ids are made by the service. */
export interface JobChoice {
  readonly whose: 'own' | 'foreign';
  readonly pick: number;
}

export interface FuzzRequest {
  /** Who asks; null sends no key. */
  readonly caller: 0 | 1 | null;
  readonly operation: string;
  readonly template: string;
  readonly method: string;
  /** Values of the path's parameters; a job is chosen late. */
  readonly path: Readonly<Record<string, string | JobChoice>>;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  readonly hostile: Hostile | null;
}

const resolve = (ref: string): Schema =>
  ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document) as Schema;

const trace = { traces: [{ layers: [{ name: 'a', output_shape: [2] }], losses: [1, 0.5] }] };

/** What the service accepts: a schema alone says too little about an experiment for chance to find one. */
const good: Readonly<Record<string, readonly unknown[]>> = {
  createJob: [tinyExperiment(), tinyExperiment({ seed: 1 })],
  createSearch: [{ experiment: tinyExperiment(), activations: ['relu', 'tanh'] }],
  createPreflight: [tinyExperiment(), readExample('deep-sigmoid'), readExample('digits-mlp')],
  createDiagnosis: [trace],
  evaluateActivation: [{ activation: 'exponential', inputs: [0, 1000] }],
  compareActivations: [{ activations: ['relu', 'softmax', { expression: 'x * sigmoid(x)' }], depth: 5 }],
};

function bodyOf({ operationId, requestBody }: Operation): fc.Arbitrary<FuzzRequest['body']> {
  if (requestBody === undefined) return fc.constant(null);
  if (!('application/json' in requestBody.content)) return uploads;
  const { schema } = requestBody.content['application/json'];
  const examples = good[operationId];
  if (examples === undefined) throw new Error(`test/fuzz/requests.ts has no good body for ${operationId}`);
  const example = fc.constantFrom(...examples);
  return fc
    .oneof(
      { weight: 1, arbitrary: example },
      { weight: 4, arbitrary: example.chain(nearly) },
      { weight: 3, arbitrary: fromSchema(schema, resolve) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
    )
    .map((value) => JSON.stringify(value));
}

const oddText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '..',
    '%',
    '\u0000',
    '../../etc/passwd',
    "' or 1=1 --",
    '__proto__',
    '-1',
    '1e9',
    'a'.repeat(700),
  ),
);

/** Job ids are chosen from those that exist; the values of other parameters from their schema, or odd. */
function pathOf({ parameters }: Operation, template: string) {
  const entries = parameters
    .filter((parameter) => parameter.in === 'path')
    .map(({ name, schema }): [string, fc.Arbitrary<string | JobChoice>] => {
      const job: fc.Arbitrary<string | JobChoice> = fc.record({
        whose: fc.constantFrom('own' as const, 'foreign' as const),
        pick: fc.nat(1000),
      });
      const value: fc.Arbitrary<string | JobChoice> = fromSchema(schema, resolve).map(String);
      const odd: fc.Arbitrary<string | JobChoice> = oddText;
      const known: fc.Arbitrary<string | JobChoice> = template.startsWith('/v1/jobs/')
        ? job
        : fc.constantFrom('rules', 'layers', 'adam', 'optimizers');
      const any = fc.oneof(
        { weight: 6, arbitrary: known },
        { weight: 1, arbitrary: value },
        { weight: 1, arbitrary: odd },
      );
      return [name, any];
    });
  return fc.record(Object.fromEntries(entries));
}

function queryOf({ parameters }: Operation): fc.Arbitrary<string> {
  const entries = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }): [string, fc.Arbitrary<string>] => [
      name,
      fc.oneof(
        { weight: 4, arbitrary: fromSchema(schema, resolve).map(String) },
        { weight: 1, arbitrary: oddText },
      ),
    ]);
  const record = fc.record(Object.fromEntries(entries), { requiredKeys: [] });
  // toWellFormed: URLs cannot hold lone surrogates.
  return record.map((values) =>
    Object.entries(values as Record<string, string>)
      .map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`)
      .join('&'),
  );
}

const headers = fc.record(
  {
    prefer: fc.constantFrom(
      'wait=0',
      'wait=1',
      'wait=-1',
      'wait=x',
      'wait=99999999999999999999',
      'return=minimal',
    ),
    'idempotency-key': fc.constantFrom('a', 'b', 'a'.repeat(300), ' '),
    'if-none-match': fc.constantFrom('*', '"x"', 'W/"x"', ',,,'),
    'last-event-id': fc.constantFrom('0', '-1', 'x', '99999999999999999999'),
    'accept-encoding': fc.constantFrom('gzip', 'br', 'identity;q=0', 'x'),
    accept: fc.constantFrom('application/json', 'text/csv', 'image/png', '*/*;q=0'),
    'x-request-id': fc.constantFrom('mine', '<script>', 'a'.repeat(200)),
    range: fc.constantFrom('bytes=0-10', 'bytes=-1'),
  },
  { requiredKeys: [] },
);

const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    template,
    method: method.toUpperCase(),
    operation,
  })),
);

const caller = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<0 | 1>(0, 1) },
  { weight: 1, arbitrary: fc.constant(null) },
);

function requestTo({ template, method, operation }: (typeof operations)[number]): fc.Arbitrary<FuzzRequest> {
  return fc.record({
    caller,
    operation: fc.constant(operation.operationId),
    template: fc.constant(template),
    method: fc.oneof(
      { weight: 30, arbitrary: fc.constant(method) },
      { weight: 1, arbitrary: fc.constantFrom('PUT', 'PATCH', 'OPTIONS', 'HEAD') },
    ),
    path: pathOf(operation, template) as fc.Arbitrary<FuzzRequest['path']>,
    query: queryOf(operation),
    headers: headers as fc.Arbitrary<Record<string, string>>,
    body: bodyOf(operation),
    hostile: fc.oneof(
      { weight: 5, arbitrary: fc.constant(null) },
      { weight: operation.requestBody === undefined ? 0 : 1, arbitrary: hostile },
    ),
  });
}

/** Operations that take a body come up more often: there is more to get wrong. */
const request = fc.oneof(
  ...operations.map((one) => ({
    weight: one.operation.requestBody === undefined ? 1 : 3,
    arbitrary: requestTo(one),
  })),
);

/** The same requests for the same seed. */
export function requests(seed: number, count: number): FuzzRequest[] {
  return fc.sample(request, { seed, numRuns: count });
}
