/**
 * @file Requests at the bounds of the OpenAPI document: for every number, list and text that has one, a body that is good but for
 * the value at the bound.
 */
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
/** Of lists and texts that have no bound but that of the body. */
const LONG_LIST = 20_000;
const LONG_TEXT = 200_000;

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

const lists = (schema: Schema, base: unknown, name: string): AtBound[] => {
  const length = Math.min(schema.maxItems ?? LONG_LIST, LONG_LIST);
  const [first] = Array.isArray(base) ? base : [];
  const item = first ?? least(schema.items ?? {});
  return [{ name: `${name}: ${length} items`, value: new Array(length).fill(item) }];
};

/** @param base a good value, in which one is replaced by one at a bound */
function atBounds(given: Schema, base: unknown, name = '', depth = 0): AtBound[] {
  const schema = settled(given);
  if (depth > MAX_DEPTH || schema.const !== undefined || schema.enum !== undefined) return [];
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined)
    return optionsFor(options, base).flatMap((option) => {
      const own = settled(settled(option).properties?.type ?? {}).const;
      const fits = isObject(base) && own === base.type;
      return atBounds(
        option,
        fits ? base : undefined,
        own === undefined ? name : `${name}(${own})`,
        depth + 1,
      );
    });
  const { type, properties = {}, items = {} } = schema;
  if (type === 'integer' || type === 'number')
    return numbers(schema).map((value) => ({ name: `${name}=${value}`, value }));
  if (type === 'string' && schema.pattern === undefined) {
    const length = Math.min(schema.maxLength ?? LONG_TEXT, LONG_TEXT);
    return [{ name: `${name}: ${length} characters`, value: 'a'.repeat(length) }];
  }
  if (type === 'array') {
    // In front of the others: the last layer is the output.
    const rest = Array.isArray(base) ? base : [];
    const inside = atBounds(items, rest[0], `${name}/0`, depth + 1);
    return [
      ...lists(schema, base, name),
      ...inside.map((one) => ({ ...one, value: [one.value, ...rest.slice(rest.length > 1 ? 0 : 1)] })),
    ];
  }
  if (type !== 'object') return [];
  const whole = isObject(base) ? base : (least(schema) as Record<string, unknown>);
  return Object.entries(properties).flatMap(([key, property]) =>
    atBounds(property, whole[key], `${name}/${key}`, depth + 1).map((one) => ({
      ...one,
      value: { ...whole, [key]: one.value },
    })),
  );
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

/** Good bodies by operation. What makes jobs is sent to preflight, which does the same work but for the job itself. */
const bodies: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  createPreflight: experiments,
  createDiagnosis: { trace },
  compareActivations: { two: { activations: ['relu', 'tanh'], depth: 5 } },
  evaluateActivation: { one: { activation: 'relu', inputs: [0, 1] } },
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

/** Each body once. */
export function* boundRequests(): Generator<BoundRequest> {
  const seen = new Set<string>();
  for (const [id, bases] of Object.entries(bodies)) {
    const { path, operation } = found(id);
    const schema = operation.requestBody?.content['application/json'].schema ?? {};
    for (const [kind, base] of Object.entries(bases)) {
      // Of a choice of experiment or model, the experiment.
      const [first = schema] = settled(schema).anyOf ?? [];
      for (const { name, value } of atBounds(first, base)) {
        const body = JSON.stringify(value);
        if (seen.has(path + body)) continue;
        seen.add(path + body);
        yield { name: `${id} ${kind}${name}`, path, body };
      }
    }
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
