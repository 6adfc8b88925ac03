/** @file The entry of a thread that reads stored documents. */
import {
  type Begun,
  begin,
  performReading,
  type Reading,
  spareMemory,
  type WorkResult,
} from '../src/http/reading_work.ts';

/** @param begun is told that the work has begun */
export default function doReading({
  begun,
  ...reading
}: Reading & { readonly begun: Begun }): Promise<WorkResult> {
  begin(begun);
  // Once the answer is on its way.
  setImmediate(spareMemory);
  return performReading(reading);
}
