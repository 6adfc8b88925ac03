/** @file How long /healthz takes, of several services at the same time. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Watched {
  readonly url: string;
  /** Of the process that answers. */
  readonly pid: number;
}

/** An answer. */
export interface Sample {
  readonly ms: number;
  /** Of these, while who answers or who asks could have run and had no core: the machine's doing, whatever the service does. */
  readonly waited_ms: number;
}

export interface Latency {
  readonly p99_ms: number;
  readonly max_ms: number;
  /** Without the waits for a core. */
  readonly own_p99_ms: number;
  readonly asked: number;
}

const p99 = (sorted: readonly number[]): number => sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

function latencyOf(samples: readonly Sample[]): Latency {
  const sorted = ascending(samples.map(({ ms }) => ms));
  const own = ascending(samples.map(({ ms, waited_ms }) => Math.max(0, ms - waited_ms)));
  return { p99_ms: p99(sorted), max_ms: sorted.at(-1) ?? 0, own_p99_ms: p99(own), asked: sorted.length };
}

export interface Health {
  /** Of each service, since the last time. */
  take(): Promise<Latency[]>;
  stop(): Promise<void>;
}

export function watchHealth(services: readonly Watched[]): Health {
  const worker = new Worker(new URL('prober.ts', import.meta.url), {
    workerData: services.map(({ url, pid }) => ({ url, pid })),
  });
  return {
    async take() {
      const answered = once(worker, 'message');
      worker.postMessage('take');
      const [lists] = (await answered) as [Sample[][]];
      return lists.map(latencyOf);
    },
    stop: async () => void (await worker.terminate()),
  };
}
