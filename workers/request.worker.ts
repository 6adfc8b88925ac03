/** @file The entry of a thread that does the work of requests. */
import { releaseBlocks } from '../src/files/index.ts';
import { type Begun, begin, perform, spareMemory, type Work, type WorkResult } from '../src/http/work.ts';

/** @param begun is told that the work has begun */
export default function doWork({ begun, ...work }: Work & { readonly begun: Begun }): WorkResult {
  begin(begun);
  // Once the answer is on its way.
  setImmediate(spareMemory);
  try {
    return perform(work);
  } finally {
    releaseBlocks();
  }
}
