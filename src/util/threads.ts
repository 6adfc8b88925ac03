/** @file Pools of worker threads, as this service keeps them. The only importer of piscina. */
import { Piscina } from 'piscina';

export type ThreadOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>;
export type ThreadPool = Piscina;

/**
 * A pool that survives its threads. One that fails while it has no task (after its answer, out of memory) is replaced, and nobody
 * waits for it; but Piscina tells of it by an `error` event, and one that nobody listens to would end the process.
 *
 * Its threads wait for tasks in their event loops. Piscina's other way, which is for tasks of microseconds, stops the thread between
 * two tasks, and nothing that one leaves for afterwards is ever done: the memory of a large request stayed with its thread.
 */
export function createThreads(options: ThreadOptions): ThreadPool {
  const threads = new Piscina({ ...options, atomics: 'disabled' });
  threads.on('error', () => {});
  return threads;
}
