/** @file Pools of worker threads, as this service keeps them. The only importer of piscina. */
import type { Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { addable } from './nice.ts';
import { within } from './within.ts';

export type ThreadOptions = NonNullable<ConstructorParameters<typeof Piscina>[0]>;
export type ThreadPool = Piscina;

/** A thread takes a second to load its program, on a busy machine some more. */
const LOADING_MS = 5000;

/**
 * Ends no thread that is still loading its program: the runtime's library, ended while it is being loaded, aborts the whole
 * process. A service that was stopped in its first second died of it.
 */
class Threads extends Piscina {
  /** Resolves once the thread has loaded its program, or has ended. */
  readonly #loaded = new WeakMap<Worker, Promise<void>>();

  constructor(options: ThreadOptions) {
    super(options);
    this.#watch();
    // One that failed is replaced.
    this.on('workerDestroy', () => queueMicrotask(() => this.#watch()));
  }

  #watch(): void {
    for (const thread of this.threads) {
      if (this.#loaded.has(thread)) continue;
      const loaded = new Promise<void>((resolve) => {
        // Its first message says that it is ready.
        thread.once('message', () => resolve());
        thread.once('exit', () => resolve());
      });
      this.#loaded.set(thread, loaded);
    }
  }

  /** Where no thread is free, there is a new one from here on. */
  override run(...task: Parameters<Piscina['run']>): ReturnType<Piscina['run']> {
    const result = super.run(...task);
    this.#watch();
    return result;
  }

  override async destroy(): Promise<void> {
    await within(LOADING_MS, Promise.all(this.threads.map((thread) => this.#loaded.get(thread))));
    await super.destroy();
  }
}

/**
 * A pool that survives its threads. One that fails while it has no task (after its answer, out of memory) is replaced, and nobody
 * waits for it; but Piscina tells of it by an `error` event, and one that nobody listens to would end the process.
 *
 * Its threads wait for tasks in their event loops. Piscina's other way, which is for tasks of microseconds, stops the thread between
 * two tasks, and nothing that one leaves for afterwards is ever done: the memory of a large request stayed with its thread.
 */
export function createThreads(options: ThreadOptions): ThreadPool {
  const threads = new Threads({
    ...options,
    niceIncrement: addable(options.niceIncrement ?? 0),
    atomics: 'disabled',
  });
  threads.on('error', () => {});
  return threads;
}
