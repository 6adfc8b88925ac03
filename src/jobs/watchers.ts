/** @file Whoever waits for something to happen to a job, on this replica or another. */
import { EventEmitter } from 'node:events';
import { isTerminal, type Job } from './job.ts';

/** Guards against an announcement that was lost with its connection. */
const POLL_MS = 5000;

export class Watchers {
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #find: (id: string) => Promise<Job | null>;
  readonly #timer: NodeJS.Timeout | undefined;
  #ended = false;

  /** @param shared whether other replicas write to the database */
  constructor(find: (id: string) => Promise<Job | null>, shared: boolean) {
    this.#find = find;
    this.#timer = shared ? setInterval(() => this.wakeAll(), POLL_MS) : undefined;
  }

  wake(id: string): void {
    this.#events.emit(id);
  }

  wakeAll(): void {
    for (const id of this.#events.eventNames()) this.#events.emit(id);
  }

  /** @returns the function that ends it */
  subscribe(id: string, listener: () => void): () => void {
    this.#events.on(id, listener);
    return () => void this.#events.off(id, listener);
  }

  /** The job once it is terminal, or as it is when the time is over, the signal aborts or the service stops. */
  async waitUntilTerminal(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Job | null> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const changed = Promise.withResolvers<void>();
      // Before the job is read: what happens in between is not missed.
      const unsubscribe = this.subscribe(id, changed.resolve);
      try {
        const job = await this.#find(id);
        const rest = deadline - performance.now();
        if (job === null || isTerminal(job.status) || rest <= 0 || signal?.aborted || this.#ended) return job;
        const timeout = setTimeout(changed.resolve, Math.min(rest, POLL_MS));
        const onAbort = () => changed.resolve();
        signal?.addEventListener('abort', onAbort, { once: true });
        await changed.promise;
        clearTimeout(timeout);
        // A signal of several lives as long as one of them has a listener; that of closing lives as long as the process.
        signal?.removeEventListener('abort', onAbort);
      } finally {
        unsubscribe();
      }
    }
  }

  /** Nobody waits longer than for the next thing that happens. */
  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
  }
}
