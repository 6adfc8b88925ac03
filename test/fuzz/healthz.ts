/** @file How long /healthz takes, of several services at the same time. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface Latency {
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly asked: number;
}

const latencyOf = (milliseconds: readonly number[]): Latency => {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const p99_ms = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
  return { p99_ms, max_ms: sorted.at(-1) ?? 0, asked: sorted.length };
};

export interface Health {
  /** Of each service, since the last time. */
  take(): Promise<Latency[]>;
  stop(): Promise<void>;
}

export function watchHealth(urls: readonly string[]): Health {
  const worker = new Worker(new URL('prober.ts', import.meta.url), { workerData: urls });
  return {
    async take() {
      const answered = once(worker, 'message');
      worker.postMessage('take');
      const [lists] = (await answered) as [number[][]];
      return lists.map(latencyOf);
    },
    stop: async () => void (await worker.terminate()),
  };
}
