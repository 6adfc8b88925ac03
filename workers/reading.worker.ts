/** @file The entry of a thread that reads stored documents. */
import { performReading, type Reading, spareMemory, type WorkResult } from '../src/http/reading_work.ts';

/** @param started becomes 1 once the work has begun */
export default function doReading({
  started,
  ...reading
}: Reading & { readonly started: Int32Array }): Promise<WorkResult> {
  Atomics.store(started, 0, 1);
  // Once the answer is on its way.
  setImmediate(spareMemory);
  return performReading(reading);
}
