/** @file The entry of a thread that does the work of requests. */
import { perform, type Work, type WorkResult } from '../src/http/work.ts';

/** @param started becomes 1 once the work has begun */
export default function doWork({ started, ...work }: Work & { readonly started: Int32Array }): WorkResult {
  Atomics.store(started, 0, 1);
  return perform(work);
}
