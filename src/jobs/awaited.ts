/** @file The orders that the studies of this process wait for: told by announcements, looked up now and then. */
import type { Logger } from 'pino';
import type { OrderOutcome, Orders } from './orders.ts';

/** An announcement can be lost, and messages with a restored database. */
const [LOOK_MS, SEND_ANEW_MS] = [2000, 30_000];

export class AwaitedOrders {
  readonly #orders: Pick<Orders, 'outcomes' | 'sendAnew'>;
  readonly #logger: Logger;
  /** By job, then by key. */
  readonly #waiting = new Map<string, Map<string, (outcome: OrderOutcome) => void>>();
  readonly #looking = new Set<string>();
  /** Told of while they were looked up. */
  readonly #again = new Set<string>();
  readonly #timers: NodeJS.Timeout[];

  constructor(orders: Pick<Orders, 'outcomes' | 'sendAnew'>, logger: Logger) {
    this.#orders = orders;
    this.#logger = logger;
    this.#timers = [
      setInterval(() => this.#forEach((job) => this.look(job)), LOOK_MS),
      setInterval(() => this.#forEach((job) => this.#orders.sendAnew(job)), SEND_ANEW_MS),
    ];
  }

  #forEach(work: (job: string) => Promise<void>): void {
    for (const job of this.#waiting.keys())
      work(job).catch((error: unknown) => this.#logger.warn({ err: error }, 'could not look for trials'));
  }

  /** Rejects with the signal's reason. */
  until(job: string, key: string, signal: AbortSignal): Promise<OrderOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<OrderOutcome>();
    const waiting = this.#waiting.get(job) ?? new Map<string, (outcome: OrderOutcome) => void>();
    this.#waiting.set(job, waiting.set(key, resolve));
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    return promise.finally(() => {
      signal.removeEventListener('abort', onAbort);
      waiting.delete(key);
      if (waiting.size === 0) this.#waiting.delete(job);
    });
  }

  /** Something was told of the job. */
  async look(job: string): Promise<void> {
    if (this.#looking.has(job)) {
      this.#again.add(job);
      return;
    }
    this.#looking.add(job);
    try {
      do {
        this.#again.delete(job);
        await this.#lookOnce(job);
      } while (this.#again.has(job));
    } finally {
      this.#looking.delete(job);
    }
  }

  async #lookOnce(job: string): Promise<void> {
    const waiting = this.#waiting.get(job);
    if (waiting === undefined) return;
    const outcomes = await this.#orders.outcomes(job, [...waiting.keys()]);
    for (const [key, outcome] of outcomes) waiting.get(key)?.(outcome);
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}
