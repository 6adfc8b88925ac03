/** @file Bytes on their way in: counted and hashed as they pass. */
import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { refuseBeyond } from '../files/index.ts';

/** Folders of what is not whole yet begin with it. */
export const INCOMING = 'incoming-';

/** @throws FileRefused too_large */
export function createMeter(limit: number) {
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
