/** @file The OpenAPI 3.1 document, from the endpoints' own contracts. */
import { z } from 'zod';
import { type ErrorCode, errorTable } from '../util/errors.ts';
import { type Endpoint, errorsOf, type ResponseContract } from './endpoint.ts';
import { problemSchema } from './problem.ts';
import { endpoints } from './routes/index.ts';

type JsonSchema = Record<string, unknown>;

/** By name. */
type Named = Readonly<Record<string, unknown>>;

export interface Examples {
  /** Experiments. */
  readonly requests: Named;
  /** By operation and media type: `readJob` for JSON, else `readEvents.event-stream`. */
  readonly answers: Named;
  /** By code. */
  readonly problems: Named;
}

/** Ids, the bounds of safe integers and the long pattern beside `date-time` say nothing to a reader. */
function isNoise(key: string, item: unknown, node: JsonSchema): boolean {
  if (key === 'id') return typeof item === 'string';
  if (key === 'maximum' || key === 'minimum') return Math.abs(item as number) === Number.MAX_SAFE_INTEGER;
  return key === 'pattern' && node.format === 'date-time';
}

/** Schemas with an id go to `components`; requests and responses differ in what defaults make optional. */
class Schemas {
  readonly components: Record<string, JsonSchema> = {};

  convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    const converted = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      target: 'draft-2020-12',
    }) as JsonSchema;
    const {
      $schema: _schema,
      $defs = {},
      ...rest
    } = converted as JsonSchema & { $defs?: Record<string, JsonSchema> };
    for (const [id, definition] of Object.entries($defs))
      this.components[this.#name(id, io)] = this.#clean(definition, io);
    const { id: _id, ...cleaned } = this.#clean(rest, io);
    const id = schema.meta()?.id;
    if (id === undefined || '$ref' in cleaned) return cleaned;
    this.components[this.#name(id, io)] = cleaned;
    return { $ref: `#/components/schemas/${this.#name(id, io)}` };
  }

  #name(id: string, io: 'input' | 'output'): string {
    return id.startsWith('__') || (io === 'output' && ['Experiment', 'Layer'].includes(id))
      ? `${id.replace(/^__/, 'Schema_')}_${io}`
      : id;
  }

  #reference(target: string, io: 'input' | 'output'): string {
    return `#/components/schemas/${this.#name(target.replace('#/$defs/', ''), io)}`;
  }

  /** References point into `components`; ids and the bounds of safe integers are noise. */
  #clean(value: JsonSchema, io: 'input' | 'output'): JsonSchema {
    const visit = (node: unknown): unknown => {
      if (Array.isArray(node)) return node.map(visit);
      if (node === null || typeof node !== 'object') return node;
      const entries = Object.entries(node)
        .filter(([key, item]) => !isNoise(key, item, node as JsonSchema))
        .map(([key, item]) => [key, key === '$ref' ? this.#reference(String(item), io) : visit(item)]);
      return Object.fromEntries(entries);
    };
    return visit(value) as JsonSchema;
  }
}

const parametersOf = (
  where: 'path' | 'query' | 'header',
  schema: z.ZodObject | undefined,
  schemas: Schemas,
) =>
  Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { description, ...rest } = schemas.convert(field as z.ZodType, 'input');
    const required = where === 'path' || !(field as z.ZodType).safeParse(undefined).success;
    return { name, in: where, required, ...(description === undefined ? {} : { description }), schema: rest };
  });

/** The example answer of an operation; undefined where there is none. */
export function answerOf({ answers }: Examples, operationId: string, type: string): unknown {
  return answers[type === 'application/json' ? operationId : `${operationId}.${type.split('/')[1]}`];
}

function responseOf(
  { description, content }: ResponseContract,
  { operationId }: Endpoint,
  schemas: Schemas,
  examples: Examples,
) {
  if (content === undefined) return { description };
  const entries = Object.entries(content).map(([type, schema]) => {
    const example = answerOf(examples, operationId, type);
    return [type, { schema: schemas.convert(schema, 'output'), ...(example !== undefined && { example }) }];
  });
  return { description, content: Object.fromEntries(entries) };
}

/** One response for each status, naming every code that comes with it. */
function errorResponses(codes: readonly ErrorCode[], schemas: Schemas, { problems }: Examples) {
  const problem = schemas.convert(problemSchema, 'output');
  const all = [...new Set<ErrorCode>([...codes, 'internal_error'])];
  const statuses = [...new Set(all.map((code) => errorTable[code].status))].sort();
  return Object.fromEntries(
    statuses.map((status) => {
      const own = all.filter((code) => errorTable[code].status === status);
      const description = own.map((code) => `\`${code}\`: ${errorTable[code].title}`).join('; ');
      const shown = own.filter((code) => Object.hasOwn(problems, code));
      const examples = Object.fromEntries(
        shown.map((code) => [code, { $ref: `#/components/examples/${code}` }]),
      );
      const media = { schema: problem, ...(shown.length > 0 && { examples }) };
      return [status, { description, content: { 'application/problem+json': media } }];
    }),
  );
}

const BYTES = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };

function bodyOf({ body, upload }: Endpoint, schemas: Schemas, examples: Examples) {
  if (upload) return { requestBody: { required: true, content: BYTES } };
  if (body === undefined) return {};
  const own = body.examples === 'experiments' ? examples.requests : (body.examples ?? {});
  const named = Object.fromEntries(Object.entries(own).map(([name, value]) => [name, { value }]));
  const media = {
    schema: schemas.convert(body.schema, 'input'),
    ...(body.examples === undefined ? {} : { examples: named }),
  };
  return { requestBody: { required: true, content: { 'application/json': media } } };
}

function operationOf(endpoint: Endpoint, schemas: Schemas, examples: Examples) {
  const { operationId, summary, description, tag, params, query, headers, responses } = endpoint;
  return {
    operationId,
    summary,
    description,
    tags: [tag],
    ...(endpoint.public ? { security: [] } : {}),
    parameters: [
      ...parametersOf('path', params, schemas),
      ...parametersOf('query', query, schemas),
      ...parametersOf('header', headers, schemas),
    ],
    ...bodyOf(endpoint, schemas, examples),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, contract]) => [
          status,
          responseOf(contract, endpoint, schemas, examples),
        ]),
      ),
      ...errorResponses(errorsOf(endpoint), schemas, examples),
    },
  };
}

export function createOpenApi(version: string, examples: Examples): Record<string, unknown> {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: operationOf(endpoint, schemas, examples),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'GradClinic',
      version,
      description:
        'Trains a network for real, measures every layer’s gradients, says what is wrong with evidence, and proves the ' +
        'remedies by re-training with each of them against controls.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    // The empty one: a service without keys asks for none.
    security: [{ accessKey: [] }, {}],
    tags: [
      { name: 'jobs', description: 'Experiments, from submission to report' },
      { name: 'files', description: 'Uploaded data, weights and models' },
      { name: 'imports', description: 'Models of other frameworks as networks' },
      { name: 'searches', description: 'Which activation suits a network' },
      { name: 'diagnoses', description: 'Trainings that were measured elsewhere' },
      { name: 'preflight', description: 'Checks that train nothing' },
      { name: 'catalog', description: 'What the service knows' },
      { name: 'activations', description: 'Activation functions' },
      { name: 'service', description: 'State of the service' },
    ],
    paths,
    components: {
      securitySchemes: {
        accessKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access key of the service, if the service has keys',
        },
      },
      examples: Object.fromEntries(
        Object.entries(examples.problems).map(([code, value]) => [code, { value }]),
      ),
      schemas: Object.fromEntries(Object.entries(schemas.components).sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}
