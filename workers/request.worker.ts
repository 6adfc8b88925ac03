/** @file The entry of a thread that does the work of requests. */
import { releaseBlocks } from '../src/files/index.ts';
import { perform, spareMemory, type Work, type WorkResult } from '../src/http/work.ts';

/** @param started becomes 1 once the work has begun */
export default function doWork({ started, ...work }: Work & { readonly started: Int32Array }): WorkResult {
  Atomics.store(started, 0, 1);
  // Once the answer is on its way.
  setImmediate(spareMemory);
  try {
    return perform(work);
  } finally {
    releaseBlocks();
  }
}
