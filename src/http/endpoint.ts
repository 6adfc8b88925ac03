/** @file What an endpoint is: its contract (from which OpenAPI follows) and its handler. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { keyAdvice, parseWith } from '../experiment/index.ts';
import type { FileService, JobService } from '../jobs/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { ErrorCode } from '../util/errors.ts';
import { pointerOf } from '../util/json.ts';
import type { Webhooks } from '../webhooks/index.ts';
import type { AdmissionLimits } from './admission.ts';
import { HttpProblem, validationFailed } from './problem.ts';
import type { RequestThreads } from './threads.ts';
import { uploadErrors } from './upload_errors.ts';

export interface Dependencies {
  /** Those that belong to the caller. */
  readonly jobs: JobService;
  readonly files: FileService;
  readonly threads: RequestThreads;
  readonly limits: AdmissionLimits & { readonly max_body_bytes: number };
  readonly webhooks: Pick<Webhooks, 'refusalOf'>;
  readonly workerThreads: number;
  readonly version: string;
  readonly metrics: Metrics;
  /** Aborts when the application begins to close: whoever waits or streams has to end. */
  readonly closing: AbortSignal;
}

export interface ResponseContract {
  readonly description: string;
  /** By media type; none for an empty body. */
  readonly content?: Readonly<Record<string, z.ZodType>>;
}

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly operationId: string;
  /** True where no answer is long enough for compression to gain anything. */
  readonly short?: boolean;
  readonly tag:
    | 'jobs'
    | 'files'
    | 'imports'
    | 'searches'
    | 'preflight'
    | 'diagnoses'
    | 'catalog'
    | 'activations'
    | 'service';
  readonly summary: string;
  readonly description: string;
  /** Needs no access key, also where the service has keys. */
  readonly public?: true;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  /** The body is bytes of any kind, which the handler takes as they come. */
  readonly upload?: true;
  readonly body?: {
    readonly schema: z.ZodType;
    /** By name; or those of examples/. */
    readonly examples?: 'experiments' | Readonly<Record<string, unknown>>;
  };
  readonly responses: Readonly<Record<number, ResponseContract>>;
  /** The errors of this endpoint alone. `errorsOf` adds those that follow from what it takes. */
  readonly errors: readonly ErrorCode[];
  handle(request: FastifyRequest, reply: FastifyReply, dependencies: Dependencies): Promise<unknown>;
}

/** A request as its contract has it. */
export interface Call<Params, Query> {
  readonly params: Params;
  readonly query: Query;
  /** As it came: a request thread parses it. */
  readonly body: Buffer;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A contract with what answers a request that keeps it. */
interface Definition<Params extends z.ZodObject, Query extends z.ZodObject>
  extends Omit<Endpoint, 'handle' | 'params' | 'query' | 'errors'> {
  readonly params?: Params;
  readonly query?: Query;
  readonly errors?: Endpoint['errors'];
  answer(call: Call<z.output<Params>, z.output<Query>>, dependencies: Dependencies): unknown;
}

const NONE = Buffer.alloc(0);

/** An endpoint whose handler gets what was asked, parsed. A request that does not keep the contract does not come to it. */
export function defineEndpoint<Params extends z.ZodObject, Query extends z.ZodObject>({
  answer,
  errors = [],
  ...contract
}: Definition<Params, Query>): Endpoint {
  const { params, query, body: taken } = contract;
  return {
    ...contract,
    errors,
    async handle(request, reply, dependencies) {
      refuseUnknownQuery(contract, request);
      if (taken !== undefined && request.body === undefined)
        throw new HttpProblem('malformed_json', 'the body is empty');
      const call = {
        params: parseParams(params, request),
        query: parseQuery(query, request),
        body: taken === undefined ? NONE : (request.body as Buffer),
        ...{ request, reply },
      };
      return answer(call, dependencies);
    },
  };
}

const keepsJobs = ({ tag }: Endpoint): boolean =>
  tag === 'jobs' || tag === 'searches' || tag === 'files' || tag === 'imports';

const OF_BODY: readonly ErrorCode[] = [
  'malformed_json',
  'json_too_deep',
  'body_too_large',
  'unsupported_media_type',
  // A request thread works it through, with bounded time and memory.
  'experiment_too_large',
];

/** The errors for things that the path names and that do not exist. */
const ofPath = ({ url }: Endpoint): readonly ErrorCode[] =>
  url.startsWith('/v1/jobs/:id')
    ? ['job_not_found']
    : url.startsWith('/v1/files/:id')
      ? ['file_not_found']
      : [];

/** All errors of an endpoint: its own, and those that follow from what it takes, from its caller, and from the state of the service. */
export const errorsOf = (endpoint: Endpoint): readonly ErrorCode[] => [
  ...endpoint.errors,
  ...ofPath(endpoint),
  ...(endpoint.body === undefined ? [] : OF_BODY),
  ...(endpoint.upload ? uploadErrors : []),
  'validation_failed',
  ...(endpoint.public ? [] : (['unauthorized'] as const)),
  ...(endpoint.tag === 'service' ? [] : (['rate_limited', 'overloaded'] as const)),
  ...(keepsJobs(endpoint) ? (['database_unavailable'] as const) : []),
  ...(keepsJobs(endpoint) && endpoint.method !== 'GET' ? (['storage_full'] as const) : []),
];

export const json = (description: string, schema: z.ZodType): ResponseContract => ({
  description,
  content: { 'application/json': schema },
});

/** Refuses unknown query parameters: a misspelt name would silently change the answer. @throws HttpProblem validation_failed */
function refuseUnknownQuery({ query, tag }: Pick<Endpoint, 'query' | 'tag'>, request: FastifyRequest): void {
  // Probes come from balancers and scrapers, which add what they like to an address.
  if (tag === 'service') return;
  const known = Object.keys(query?.shape ?? {});
  // An endpoint that takes names of the client's choice checks them itself; zod drops this one.
  const isOpen = query !== undefined && query.def.catchall?._zod.def.type === 'string';
  const given = Object.keys(request.query as object);
  const unknown = given.filter((name) => (isOpen ? name === '__proto__' : !known.includes(name)));
  if (unknown.length === 0) return;
  throw validationFailed(
    unknown.slice(0, MAX_UNKNOWN).map((name) => ({
      pointer: pointerOf(['query', name.slice(0, MAX_SHOWN)]),
      message: `unknown key "${name.slice(0, MAX_SHOWN)}"`,
      fix: known.length === 0 ? 'leave it out: this endpoint takes no query' : keyAdvice(name, known),
    })),
  );
}

const MAX_UNKNOWN = 101;
const MAX_SHOWN = 100;

/** Made once: zod writes and compiles code for each schema when it is first used, which took a quarter of a poll. */
const nothing = z.object({});

function parsed<S extends z.ZodObject>(schema: S, given: unknown, at: string): z.output<S> {
  const result = parseWith(schema, given);
  if (result.ok) return result.value;
  throw validationFailed(result.error.map((problem) => ({ ...problem, pointer: `${at}${problem.pointer}` })));
}

/** Each problem points to /query/<name>. */
const parseQuery = <S extends z.ZodObject>(schema: S | undefined, { query }: FastifyRequest): z.output<S> =>
  parsed(schema ?? (nothing as unknown as S), query, '/query');

const parseParams = <S extends z.ZodObject>(schema: S | undefined, { params }: FastifyRequest): z.output<S> =>
  parsed(schema ?? (nothing as unknown as S), params, '/path');

export const idParams = z.object({ id: z.string().describe('job_…') });

/** RFC 7240: blanks around the equals sign, quotes and parameters are allowed. */
const PREFER_WAIT = /(?:^|,)\s*wait\s*(?:=\s*"?(\d+)"?)?\s*(?:[;,]|$)/i;
const MAX_WAIT_S = 60;

/** Seconds of `Prefer: wait=N`, at most 60, which are also those of `Prefer: wait`; null where it is not asked for. */
export function waitOf(request: FastifyRequest): number | null {
  const header = request.headers.prefer;
  const match = PREFER_WAIT.exec(Array.isArray(header) ? header.join(',') : (header ?? ''));
  return match === null ? null : Math.min(Number(match[1] ?? MAX_WAIT_S), MAX_WAIT_S);
}

/** Ends a wait when the client has gone or the service closes. */
export const endOfWait = (request: FastifyRequest, { closing }: Dependencies): AbortSignal =>
  AbortSignal.any([request.signal, closing]);

export const preferHeader = z.object({
  prefer: z
    .string()
    .optional()
    .describe(
      '`wait=N` waits up to N seconds, at most 60, until the job has ended; `wait` alone waits 60 seconds',
    ),
});

const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');

/** Sends the ETag, and says whether the client has this version already: by weak comparison (RFC 9110, section 13.1.2). */
export function isKnown(request: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  reply.header('etag', etag);
  const given = request.headers['if-none-match'];
  if (given === undefined) return false;
  const known = given.split(',').map(opaque);
  return known.includes(opaque(etag)) || known.includes('*');
}

export const etagHeaders = z.object({
  'if-none-match': z.string().optional().describe('The `ETag` of an earlier answer'),
});
