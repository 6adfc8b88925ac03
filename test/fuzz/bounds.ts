/**
 * @file Requests at the bounds of the OpenAPI document: for every number, list and text that has one, a body that is good but for
 * the value at the bound.
 */
import { createHash } from 'node:crypto';
import { document, type Operation } from '../http/document.ts';
import { tinyExperiment } from '../http/service.ts';
import type { Schema } from './from_schema.ts';

export interface AtBound {
  /** Where, and which value. */
  readonly name: string;
  readonly value: unknown;
}

const resolve = (ref: string): Schema =>
  ref
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document) as Schema;

const settled = (schema: Schema): Schema => (schema.$ref === undefined ? schema : resolve(schema.$ref));

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Deeper than this nothing is looked for: layers hold layers. */
const MAX_DEPTH = 7;
/** A body takes so many members of an object. */
const MANY_MEMBERS = 9_990;
/** A body takes 16 MiB: so many for one value, and the rest for what is around it. */
export const WHOLE_BODY = 15 * 2 ** 20;
/** For one value, where the search has to be quick. */
export const SHORT_BODY = 2 ** 18;

/** The least that the schema allows. */
function least(given: Schema, depth = 0): unknown {
  const schema = settled(given);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [option] = schema.anyOf ?? schema.oneOf ?? [];
  if (option !== undefined) return depth > 2 * MAX_DEPTH ? null : least(option, depth + 1);
  const {
    type,
    properties = {},
    required = [],
    items = {},
    minItems = 0,
    minimum,
    exclusiveMinimum,
  } = schema;
  if (type === 'integer' || type === 'number') return minimum ?? (exclusiveMinimum ?? 0) + 1;
  if (type === 'string') return 'a'.repeat(schema.minLength ?? 1);
  if (type === 'boolean') return false;
  if (type === 'array') return Array.from({ length: minItems }, () => least(items, depth + 1));
  if (type !== 'object') return null;
  return Object.fromEntries(required.map((key) => [key, least(properties[key] as Schema, depth + 1)]));
}

function numbers({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): number[] {
  const near = type === 'integer' ? 1 : 1e-9;
  return [
    minimum,
    maximum,
    exclusiveMinimum === undefined ? undefined : exclusiveMinimum + near,
    exclusiveMaximum === undefined ? undefined : exclusiveMaximum - near,
  ].filter((bound) => bound !== undefined);
}

/** The option that the good value is of; all where it is none's. */
function optionsFor(options: readonly Schema[], base: unknown): readonly Schema[] {
  const typeOf = (option: Schema) => settled(settled(option).properties?.type ?? {}).const;
  const own = isObject(base) ? options.filter((option) => typeOf(option) === base.type) : [];
  return own.length > 0 ? [...own, ...options.filter((option) => !own.includes(option))] : options;
}

interface Search {
  /** The most for one value. */
  readonly bytes: number;
}

/** Where the search is. */
interface At {
  /** A good value, in which one is replaced by one at a bound. */
  readonly base: unknown;
  readonly name: string;
  readonly depth: number;
  readonly search: Search;
}

/** Each is made when its turn comes: together they would not fit into memory. */
function* lists(schema: Schema, base: unknown, name: string, { bytes }: Search): Generator<AtBound> {
  const [first] = Array.isArray(base) ? base : [];
  const item = first ?? least(schema.items ?? {});
  const length = Math.min(schema.maxItems ?? bytes, Math.floor(bytes / (JSON.stringify(item).length + 1)));
  yield { name: `${name}: ${length} items`, value: new Array(length).fill(item) };
}

/** Names of the client's choice: as many as a body takes; and one of them, with values at their bounds. */
function* records(schema: Schema, { base, name, depth, search }: At): Generator<AtBound> {
  const { additionalProperties: values } = schema;
  if (!isObject(values)) return;
  const given = base as Record<string, unknown>;
  const value = Object.values(given)[0] ?? least(values);
  const bytes = JSON.stringify(value).length + 'n00000:,""'.length;
  const count = Math.min(MANY_MEMBERS, Math.floor(search.bytes / bytes));
  const members = Array.from({ length: count }, (_, i) => [`n${i}`, value]);
  yield { name: `${name}: ${count} members`, value: { ...given, ...Object.fromEntries(members) } };
  for (const one of atBounds(values, { base: undefined, name: `${name}/n`, depth: depth + 1, search }))
    yield { ...one, value: { ...given, n: one.value } };
}

function* ofOptions(options: readonly Schema[], { base, name, depth, search }: At): Generator<AtBound> {
  for (const option of optionsFor(options, base)) {
    const own = settled(settled(option).properties?.type ?? {}).const;
    const fits = isObject(base) && own === base.type;
    const at = own === undefined ? name : `${name}(${own})`;
    yield* atBounds(option, { base: fits ? base : undefined, name: at, depth: depth + 1, search });
  }
}

function* ofText({ maxLength, pattern }: Schema, { name, search: { bytes } }: At): Generator<AtBound> {
  if (pattern !== undefined) return;
  const length = Math.min(maxLength ?? bytes, bytes);
  yield { name: `${name}: ${length} characters`, value: 'a'.repeat(length) };
}

function* ofList(schema: Schema, { base, name, depth, search }: At): Generator<AtBound> {
  // In front of the others: the last layer is the output.
  const rest = Array.isArray(base) ? base : [];
  yield* lists(schema, base, name, search);
  const inside = { base: rest[0], name: `${name}/0`, depth: depth + 1, search };
  for (const one of atBounds(schema.items ?? {}, inside))
    yield { ...one, value: [one.value, ...rest.slice(rest.length > 1 ? 0 : 1)] };
}

function* ofObject(schema: Schema, at: At): Generator<AtBound> {
  const { base, name, depth, search } = at;
  const whole = isObject(base) ? base : (least(schema) as Record<string, unknown>);
  yield* records(schema, { ...at, base: whole });
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    const inside = { base: whole[key], name: `${name}/${key}`, depth: depth + 1, search };
    for (const one of atBounds(property, inside)) yield { ...one, value: { ...whole, [key]: one.value } };
  }
}

function* atBounds(given: Schema, at: At): Generator<AtBound> {
  const schema = settled(given);
  if (at.depth > MAX_DEPTH || schema.const !== undefined || schema.enum !== undefined) return;
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return yield* ofOptions(options, at);
  const { type } = schema;
  if (type === 'integer' || type === 'number')
    for (const value of numbers(schema)) yield { name: `${at.name}=${value}`, value };
  if (type === 'string') yield* ofText(schema, at);
  if (type === 'array') yield* ofList(schema, at);
  if (type === 'object') yield* ofObject(schema, at);
}

const sequence = (layers: object[], input: object, inputs: unknown) =>
  tinyExperiment({
    network: { input, layers: [...layers, { type: 'global_average_pool1d' }, { type: 'dense', units: 2 }] },
    data: { type: 'inline', inputs, targets: [0, 1] },
  });

/** Good experiments over inputs of every rank, so that each layer fits one of them. */
const experiments: Readonly<Record<string, unknown>> = {
  vector: tinyExperiment(),
  image: tinyExperiment({
    network: {
      input: { shape: [1, 8, 8] },
      layers: [
        { type: 'conv2d', filters: 2, kernel_size: 3 },
        { type: 'flatten' },
        { type: 'dense', units: 10 },
      ],
    },
    data: { type: 'digits' },
  }),
  sequence: sequence([{ type: 'lstm', units: 2, return_sequences: true }], { shape: [3, 2] }, [
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ]),
  tokens: sequence([{ type: 'embedding', vocabulary: 3, dimensions: 2 }], { shape: [3], dtype: 'token' }, [
    [0, 1, 2],
    [2, 1, 0],
  ]),
};

const trace = { traces: [{ layers: [{ name: 'a', output_shape: [2] }], losses: [1, 0.5], series: [] }] };

/**
 * Good bodies by operation. An experiment is sent to preflight, which does the same work as a job but for the job itself. What a
 * job has besides, and what a search has, makes jobs.
 */
const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  createPreflight: experiments,
  createJob: { webhook: tinyExperiment({ webhook: { url: 'https://example.com/' } }) },
  createSearch: {
    named: { experiment: tinyExperiment(), activations: ['relu'] },
    designed: { experiment: tinyExperiment(), design: {} },
  },
  createDiagnosis: { trace },
  compareActivations: { two: { activations: ['relu', 'tanh'], depth: 5 } },
  evaluateActivation: { one: { activation: 'relu', inputs: [0, 1] } },
};

/** Values that the same schema has in another operation. */
const elsewhere: Readonly<Record<string, RegExp>> = {
  createJob: /^(?!\/webhook)/,
  createSearch: /^\/experiment/,
};

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.values(methods).map((operation) => ({ path, operation })),
);

const found = (id: string): { path: string; operation: Operation } => {
  const one = operations.find(({ operation }) => operation.operationId === id);
  if (one === undefined) throw new Error(`openapi.json has no ${id}`);
  return one;
};

export interface BoundRequest {
  readonly name: string;
  readonly path: string;
  readonly body: string;
}

/** The values at the bounds of what an operation takes. */
function* boundValues(id: string, base: unknown, bytes: number): Generator<AtBound> {
  const schema = found(id).operation.requestBody?.content['application/json'].schema ?? {};
  // Of a choice of experiment or model, the experiment.
  const [first = schema] = settled(schema).anyOf ?? [];
  for (const one of atBounds(first, { base, name: '', depth: 0, search: { bytes } }))
    if (elsewhere[id]?.test(one.name) !== true) yield one;
}

/**
 * Each body once.
 * @param bytes the most for one value
 * @param every so many-th of them: the others are not written as JSON, which takes longer than all the rest
 */
export function* boundRequests(bytes: number, every = 1): Generator<BoundRequest> {
  const seen = new Set<string>();
  let i = 0;
  for (const [id, bases] of Object.entries(bodies))
    for (const [kind, base] of Object.entries(bases))
      for (const { name, value } of boundValues(id, base, bytes)) {
        if (i++ % every !== 0) continue;
        const [{ path }, body] = [found(id), JSON.stringify(value)];
        const hash = createHash('sha256').update(path).update(body).digest('base64');
        if (seen.has(hash)) continue;
        seen.add(hash);
        yield { name: `${id} ${kind}${name}`, path, body };
      }
}

/** Paths with a query value at its bound, of a job that has ended. */
export const boundQueries = (job: string): string[] =>
  operations.flatMap(({ path, operation }) =>
    !path.startsWith('/v1/jobs') || operation.requestBody !== undefined
      ? []
      : operation.parameters
          .filter((parameter) => parameter.in === 'query')
          .flatMap(({ name, schema }) => numbers(schema).map((value) => `${name}=${value}`))
          .map(
            (query) =>
              `${path.replace('{id}', job)}?${path.endsWith('/series') ? 'run=baseline/0&' : ''}${query}`,
          ),
  );
