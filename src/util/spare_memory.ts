/** @file Threads that do something large now and then, and are not to keep its memory: V8 would, garbage and all, until the next. */
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a thread of this service takes with its programs loaded is 70 MB. */
const MOST_BYTES = 96e6;

// The only way to the collector of a thread that has begun; contexts that are made later see it, and only they.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** To be called when nothing waits for the thread: it takes a twentieth of a second where there is much. */
export function spareMemory(): void {
  const { total_heap_size, external_memory } = getHeapStatistics();
  if (total_heap_size + external_memory > MOST_BYTES) collect();
}
