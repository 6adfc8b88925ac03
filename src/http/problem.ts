/** @file Errors as RFC 9457 problems. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Problem } from '../experiment/index.ts';
import { type ErrorCode, errorTable } from '../util/errors.ts';

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
      .array(z.object({ pointer: z.string(), message: z.string(), fix: z.string().optional() }))
      .optional()
      .describe('What is wrong where: JSON Pointers into the body, or /query/<name>'),
    limits: z
      .array(z.object({ name: z.string(), value: z.number(), limit: z.number() }))
      .optional()
      .describe('Of experiment_too_large: what is over which limit'),
  })
  .meta({ id: 'Problem' });

interface Extra {
  readonly errors?: readonly Problem[];
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

export const validationFailed = (errors: readonly Problem[]): HttpProblem =>
  new HttpProblem(
    'validation_failed',
    `${errors.length} problem${errors.length === 1 ? '' : 's'} in the request`,
    { errors },
  );

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: HttpProblem,
): FastifyReply {
  const { status, title } = errorTable[problem.code];
  const { headers, ...members } = problem.extra;
  const body = {
    type: `https://gradclinic.invalid/errors#${problem.code}`,
    title,
    status,
    detail: problem.message,
    instance: request.url.slice(0, 500),
    code: problem.code,
    request_id: request.id,
    ...members,
  };
  return reply
    .code(status)
    .headers(headers ?? {})
    .type('application/problem+json')
    .send(JSON.stringify(body));
}

const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_json',
};

/** An error of ours, of the framework, or a bug: the last one says nothing of its details to the client. */
export function toProblem(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  const known = frameworkCodes[code ?? ''];
  if (known !== undefined) return new HttpProblem(known, message ?? errorTable[known].title);
  if (statusCode === 413)
    return new HttpProblem('body_too_large', 'the body is larger than this service takes');
  if (statusCode === 415) return new HttpProblem('unsupported_media_type', 'send application/json');
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new HttpProblem('bad_request', message ?? 'the request cannot be understood');
  }
  return new HttpProblem('internal_error', 'The failure is in the log under this request id.');
}
