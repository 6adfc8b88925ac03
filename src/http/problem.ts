/** @file Errors as RFC 9457 problems. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../experiment/index.ts';
import { PoolClosed, PoolFull, type StorageFailure, storageFailure } from '../jobs/index.ts';
import { type ErrorCode, errorTable } from '../util/errors.ts';

/** Only in `unsupported_model`. */
const modelPart = {
  class: z.string().optional().describe('The class of the layer in its own framework'),
  name: z.string().optional().describe('The name of the layer in the model'),
  alternative: z.string().nullable().optional().describe('The nearest thing that can be expressed'),
};

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
    request_id: z.string(),
    errors: z
      .array(
        z.object({
          pointer: z.string(),
          message: z.string(),
          fix: z.string().optional(),
          ...modelPart,
        }),
      )
      .optional()
      .describe('What is wrong, and where: JSON Pointers into the body, or /query/<name>'),
    limits: z
      .array(z.object({ name: z.string(), value: z.number(), limit: z.number() }))
      .optional()
      .describe('For experiment_too_large: which limits are exceeded, and by what'),
  })
  .meta({ id: 'Problem' });

interface Extra {
  readonly errors?: readonly (Problem & { class?: string; name?: string; alternative?: string | null })[];
  readonly limits?: readonly { name: string; value: number; limit: number }[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by handlers; becomes the response. */
export class HttpProblem extends Error {
  override name = 'HttpProblem';
  readonly code: ErrorCode;
  readonly extra: Extra;
  constructor(code: ErrorCode, detail: string, extra: Extra = {}) {
    super(detail);
    this.code = code;
    this.extra = extra;
  }
}

/** Nobody reads more; a body of a million unknown keys must not come back as an answer ten times its size. */
const MAX_ERRORS = 100;

export function validationFailed(errors: readonly Problem[]): HttpProblem {
  const shown = errors.slice(0, MAX_ERRORS);
  const text =
    shown.length < errors.length
      ? `more than ${MAX_ERRORS} problems in the request; the first are listed`
      : `${errors.length} problem${errors.length === 1 ? '' : 's'} in the request`;
  return new HttpProblem('validation_failed', text, { errors: shown });
}

const MAX_INSTANCE = 500;
const MAX_DETAIL = 1000;
const MAX_TYPE = 100;
/** A message may quote what was sent, which may be as long as a body. */
const MAX_MESSAGE = 2000;

const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;

type Errors = NonNullable<Extra['errors']>;

const shortened = (errors: Errors): Errors =>
  errors.map(({ pointer, message, ...rest }) => ({
    pointer: cut(pointer, MAX_MESSAGE),
    message: cut(message, MAX_MESSAGE),
    ...rest,
  }));

export function problemBody({ code, message, extra }: HttpProblem, url: string, requestId: string) {
  const { status, title } = errorTable[code];
  const { headers: _headers, errors, ...members } = extra;
  return {
    type: `https://gradclinic.invalid/errors#${code}`,
    title,
    status,
    detail: cut(message, MAX_DETAIL),
    instance: cut(url, MAX_INSTANCE),
    code,
    request_id: requestId,
    ...(errors !== undefined && { errors: shortened(errors) }),
    ...members,
  };
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: HttpProblem,
): FastifyReply {
  return reply
    .code(errorTable[problem.code].status)
    .headers(problem.extra.headers ?? {})
    .type('application/problem+json')
    .send(JSON.stringify(problemBody(problem, request.url, request.id)));
}

const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
};

const storageProblems: Readonly<Record<StorageFailure, () => HttpProblem>> = {
  unavailable: () =>
    new HttpProblem('database_unavailable', 'The database does not answer at the moment; try again.', {
      headers: { 'retry-after': '5' },
    }),
  full: () => new HttpProblem('storage_full', 'The disk of the service is full; nothing was stored.'),
};

const bodyTooLarge = (maxBody?: number) =>
  new HttpProblem(
    'body_too_large',
    `the body is larger than ${maxBody === undefined ? 'this service takes' : `${maxBody} bytes`}; data and weights of that size are ` +
      'files: upload them with POST /v1/files and name them, "data": { "type": "file", "file": "file_…" }',
  );

const RETRY_AFTER_CLOSING_S = 5;

/** Another replica, or the next start, takes the request. */
export const closing = (): HttpProblem =>
  new HttpProblem('not_ready', 'the service is shutting down', {
    headers: { 'retry-after': String(RETRY_AFTER_CLOSING_S), connection: 'close' },
  });

/** @param given the header */
function unsupportedType(given: string | undefined): HttpProblem {
  const is = given === undefined ? 'there is no content-type' : `content-type is "${cut(given, MAX_TYPE)}"`;
  return new HttpProblem(
    'unsupported_media_type',
    `${is}: send the body as JSON, with content-type application/json; POST /v1/files and POST /v1/imports take any type`,
  );
}

/** What is known of the request that failed. */
interface Failed {
  /** Bytes that a body may have. */
  readonly maxBody?: number;
  readonly contentType?: string | undefined;
}

/** Any error as a problem; the details of a bug stay in the log. */
export function toProblem(error: unknown, { maxBody, contentType }: Failed = {}): HttpProblem {
  if (error instanceof HttpProblem) return error;
  if (error instanceof PoolFull)
    return new HttpProblem(
      'overloaded',
      'too many files and models wait for their turn; nothing was stored',
      {
        headers: { 'retry-after': '5' },
      },
    );
  if (error instanceof PoolClosed) return closing();
  const storage = storageFailure(error);
  if (storage !== null) return storageProblems[storage]();
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (statusCode === 413 || code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(maxBody);
  const known = frameworkCodes[code ?? ''];
  if (known !== undefined) return new HttpProblem(known, message ?? errorTable[known].title);
  if (statusCode === 415) return unsupportedType(contentType);
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HttpProblem('bad_request', message ?? 'the request cannot be understood');
  }
  return new HttpProblem('internal_error', 'The failure is in the log under this request id.');
}
