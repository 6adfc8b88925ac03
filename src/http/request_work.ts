/** @file What endpoints share whose answer a request thread makes. */
import type { FastifyRequest } from 'fastify';
import type { ErrorCode } from '../util/errors.ts';
import type { Dependencies, Endpoint } from './endpoint.ts';
import { decodeImages, provideFiles } from './files.ts';
import type { Work } from './work.ts';

export const workErrors: readonly ErrorCode[] = [
  'validation_failed',
  'experiment_too_large',
  'malformed_json',
  'json_too_deep',
  'body_too_large',
  'unsupported_media_type',
];

/** Has a request thread do the work of this name on the request's body. */
export async function doWork(
  name: Work['name'],
  request: FastifyRequest,
  { threads, files, limits, workerThreads }: Dependencies,
  fingerprint = false,
): Promise<unknown> {
  const bytes = request.body as Buffer;
  const context = { limits, workerThreads, fingerprint };
  const hasFiles = await provideFiles(bytes, files);
  if (hasFiles && name === 'preflight') await decodeImages(bytes, files);
  return threads.run({ name, body: bytes, context });
}

/** A handler that answers with the JSON that the thread has made. */
export const answerWork =
  (name: Work['name']): Endpoint['handle'] =>
  async (request, reply, dependencies) =>
    reply.type('application/json; charset=utf-8').send(await doWork(name, request, dependencies));
