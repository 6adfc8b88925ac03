/** @file Bodies that are taken as they come: unpacked where packed, refused without cutting off the client. */
import { PassThrough, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { FileRefused } from '../files/index.ts';
import { refusedFile } from './files.ts';
import { HttpProblem } from './problem.ts';

/** The body as bytes, unpacked where it is sent packed. It can be given up without cutting off the client. */
function contentOf(request: FastifyRequest, body: Readable): Readable {
  const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new HttpProblem('unsupported_media_type', 'content-encoding may be gzip, or left out');
  const content = encoding === 'gzip' ? createGunzip() : new PassThrough();
  body.on('error', (error) => content.destroy(error));
  return body.pipe(content);
}

const isBrokenGzip = (error: unknown): boolean =>
  error instanceof Error && /^(Z_|ERR_ZLIB)/.test((error as { code?: string }).code ?? '');

/** @throws HttpProblem for what `take` refuses, and for a body that does not arrive */
export async function takeUpload<T>(
  request: FastifyRequest,
  take: (content: Readable) => Promise<T>,
): Promise<T> {
  const { body } = request;
  if (!(body instanceof Readable))
    throw new HttpProblem('bad_request', 'send the bytes of the file as the body');
  try {
    return await take(contentOf(request, body));
  } catch (error) {
    // What is still on its way is read and dropped, so that the client gets to read the answer.
    body.unpipe();
    body.resume();
    if (error instanceof FileRefused) throw refusedFile(error);
    if (isBrokenGzip(error))
      throw new HttpProblem(
        'file_unreadable',
        'the body is not gzip, though content-encoding says so, or it is cut off',
      );
    if (!(error instanceof HttpProblem) && (request.raw.aborted || request.signal.aborted))
      throw new HttpProblem('bad_request', 'the upload was interrupted; nothing is stored');
    throw error;
  }
}

export const overQuota = (used: number): HttpProblem =>
  new HttpProblem(
    'quota_exceeded',
    `your files take ${used} bytes; with this one they would be over the limit: delete some (DELETE /v1/files/{id})`,
  );
