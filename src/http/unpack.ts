/** @file Bodies that are sent packed: unpacked as far as the limit of a body, and no further. */
import type { IncomingMessage } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { HttpProblem } from './problem.ts';

const unpackers = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Those that are under way. */
const unpacked = new WeakMap<IncomingMessage, Transform>();

function unpack(raw: IncomingMessage, encoding: string): Transform {
  const create = unpackers.get(encoding);
  if (create === undefined) {
    const known = [...unpackers.keys()].join(', ');
    throw new HttpProblem('unsupported_media_type', `content-encoding may be ${known}, or left out`);
  }
  // Fastify compares it to the content-length, and to the limit.
  const content = Object.assign(create(), { receivedEncodedLength: 0 });
  raw.on('data', ({ length }: Buffer) => {
    content.receivedEncodedLength += length;
  });
  raw.on('error', (error) => content.destroy(error));
  content.on('error', (error) => {
    error.message = `the body is not ${encoding}, though content-encoding says so, or it is cut off`;
  });
  unpacked.set(raw, content);
  return raw.pipe(content);
}

/** On routes that take a body, but for uploads, which do it themselves. */
export function addUnpacking(app: FastifyInstance): void {
  app.addHook('preParsing', async (request, _reply, payload) => {
    const encoding = (request.headers['content-encoding'] ?? 'identity').toLowerCase();
    if (encoding === 'identity' || request.routeOptions.config.takesBody !== true) return payload;
    return unpack(request.raw, encoding);
  });
}

/** For a body that is too large. Its rest may grow a thousandfold when it is unpacked, so it is not unpacked. */
export function stopUnpacking(raw: IncomingMessage): void {
  const content = unpacked.get(raw);
  if (content === undefined) return;
  raw.unpipe(content);
  content.destroy();
}
