/** @file The entry of a thread that does the work of requests. */
import { releaseBlocks } from '../src/files/index.ts';
import {
  perform,
  performReading,
  type Reading,
  spareMemory,
  type Work,
  type WorkResult,
} from '../src/http/work.ts';

/** @param started becomes 1 once the work has begun */
export default async function doWork({
  started,
  ...work
}: (Work | Reading) & { readonly started: Int32Array }): Promise<WorkResult> {
  Atomics.store(started, 0, 1);
  // Once the answer is on its way.
  setImmediate(spareMemory);
  try {
    return await ('reading' in work ? performReading(work) : perform(work));
  } finally {
    releaseBlocks();
  }
}
