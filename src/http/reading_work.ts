/**
 * @file What is read of stored documents, done in a thread of its own. Loads only what it is asked for: whoever opens the page of a
 * job first waits for this thread to begin.
 */
import { type Reading, read } from './readings/index.ts';
import type { WorkResult } from './work_order.ts';

export { spareMemory } from '../util/spare_memory.ts';
export { type Begun, begin } from '../util/work_time.ts';
export type { Reading, WorkResult };

export async function performReading(reading: Reading): Promise<WorkResult> {
  try {
    return { ok: true, value: await read(reading) };
  } catch (error) {
    const { refusalOf } = await import('./refusal.ts');
    return refusalOf(error);
  }
}
