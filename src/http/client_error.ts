/** @file What Node's HTTP parser refuses before there is a request: answered as a problem all the same. */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type ErrorCode, errorTable } from '../util/errors.ts';
import { HttpProblem, problemBody } from './problem.ts';

const parserCodes: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

const details: Readonly<Partial<Record<ErrorCode, string>>> = {
  headers_too_large: 'the request line and headers are larger than 16 KiB',
  request_timeout: 'the request did not arrive in time',
};

export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  // After a reset nobody reads any more.
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const code = parserCodes[error.code ?? ''] ?? 'bad_request';
  const { status } = errorTable[code];
  const id = randomUUID();
  const problem = new HttpProblem(code, details[code] ?? 'this is not HTTP');
  const body = JSON.stringify(problemBody(problem, '', id));
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'connection: close',
  ];
  // Destroyed only once it is written; what else the client sends is not read.
  if (socket.writable) socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  else socket.destroy();
}
