/** @file Bytes on their way in: counted and hashed as they pass, into a folder of their own. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { refuseBeyond } from '../files/index.ts';

/** Folders of what is not whole yet begin with it. */
export const INCOMING = 'incoming-';

/** @throws FileRefused too_large */
function createMeter(limit: number) {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      try {
        refuseBeyond(bytes, limit, 'the file has at least');
        done(null, chunk);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  return { stream, bytes: () => bytes, sha256: () => hash.digest('hex') };
}

/** Bytes that are there as a whole. */
export interface Arrived {
  /** The one file in it has the bytes. */
  readonly folder: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Place {
  readonly directory: string;
  readonly name: string;
  readonly limit: number;
}

/**
 * @param take may move the folder away; what is left of it goes
 * @throws FileRefused too_large, and what the content or the disk fails with
 */
export async function receive<T>(
  content: Readable,
  { directory, name, limit }: Place,
  take: (arrived: Arrived) => Promise<T>,
): Promise<T> {
  // It may fail before anybody reads it, and a failure that nobody hears of ends the process. The pipeline fails with it all the same.
  content.on('error', () => {});
  const folder = join(directory, `${INCOMING}${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const meter = createMeter(limit);
    await pipeline(content, meter.stream, createWriteStream(join(folder, name), { mode: 0o600 }));
    return await take({ folder, bytes: meter.bytes(), sha256: meter.sha256() });
  } finally {
    // Of what was not read an open file or an unpacker would be left.
    content.destroy();
    await rm(folder, { recursive: true, force: true });
  }
}
