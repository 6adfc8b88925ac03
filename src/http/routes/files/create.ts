/** @file POST /v1/files: takes the bytes of a file as they come. */
import { PassThrough, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { FileRefused, fileKinds } from '../../../files/index.ts';
import { fileSchema } from '../../../jobs/index.ts';
import { type Endpoint, json, parseQuery } from '../../endpoint.ts';
import { refusedFile } from '../../files.ts';
import { HttpProblem } from '../../problem.ts';

const query = z.strictObject({
  name: z.string().min(1).max(255).default('file').describe('For you to recognize it, such as house.csv'),
  kind: z.enum(fileKinds).optional().describe('Where safetensors could be data or weights'),
  delimiter: z.string().length(1).optional().describe('Of a table, where it is not found out rightly'),
  header: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether the first line of a table names the columns, where it is not found out rightly'),
});

/** The body as bytes, unpacked where it is sent packed. It can be given up without cutting off the client. */
function contentOf(request: FastifyRequest): Readable {
  const body = request.body as Readable;
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw new HttpProblem('unsupported_media_type', 'content-encoding may be gzip, or left out');
  const content = encoding === 'gzip' ? createGunzip() : new PassThrough();
  body.on('error', (error) => content.destroy(error));
  return body.pipe(content);
}

const isBrokenGzip = (error: unknown): boolean =>
  error instanceof Error && /^(Z_|ERR_ZLIB)/.test((error as { code?: string }).code ?? '');

export const createFile: Endpoint = {
  method: 'POST',
  url: '/v1/files',
  operationId: 'createFile',
  tag: 'files',
  summary: 'Upload a file',
  description:
    'Takes the bytes of a file as the body, streamed, also with `content-encoding: gzip`: a table (CSV, TSV, JSON lines, Parquet), ' +
    'arrays (NPY, NPZ, safetensors), images (a zip of one folder a class), weights (safetensors) or a model. Answers with what was ' +
    'found out of it. The same bytes by the same key give the same id.',
  query,
  upload: true,
  responses: { 201: json('Stored', fileSchema) },
  errors: [
    'validation_failed',
    'file_unreadable',
    'file_too_large',
    'quota_exceeded',
    'unsupported_media_type',
    'bad_request',
  ],
  async handle(request, reply, { files }) {
    const { name, kind, delimiter, header } = parseQuery(query, request);
    if (!(request.body instanceof Readable))
      throw new HttpProblem('bad_request', 'send the bytes of the file as the body');
    const options = {
      ...(kind !== undefined && { kind }),
      ...(delimiter !== undefined && { delimiter }),
      ...(header !== undefined && { header: header === 'true' }),
    };
    try {
      const outcome = await files.upload(contentOf(request), { name, options });
      if (outcome.kind === 'over_quota')
        throw new HttpProblem(
          'quota_exceeded',
          `your files take ${outcome.used} bytes; with this one they would be over the limit: delete some (DELETE /v1/files/{id})`,
        );
      const { file } = outcome;
      return reply.code(201).header('location', `/v1/files/${file.id}`).send(file);
    } catch (error) {
      // What is still on its way is read and dropped, so that the client gets to read the answer.
      request.body.unpipe();
      request.body.resume();
      if (error instanceof FileRefused) throw refusedFile(error);
      if (isBrokenGzip(error))
        throw new HttpProblem(
          'file_unreadable',
          'the body is not gzip, though content-encoding says so, or it is cut off',
        );
      if (request.raw.aborted || request.signal.aborted)
        throw new HttpProblem('bad_request', 'the upload was interrupted; nothing is stored');
      throw error;
    }
  },
};
