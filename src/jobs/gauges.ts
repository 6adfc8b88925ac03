/** @file What waits and what runs, as numbers for `GET /metrics`: asked of the database when somebody reads them. */
import type { Metrics } from '../metrics/index.ts';
import { type QueueState, UNKNOWN_QUEUE } from './queue_state.ts';
import type { Worker } from './worker.ts';

/**
 * @param read asks the database, and rejects where that does not answer
 * @param worker null in a process that trains nothing
 */
export function showQueue(
  metrics: Metrics,
  read: () => Promise<QueueState>,
  workerThreads: number,
  worker: Pick<Worker, 'threads' | 'waitingSeconds'> | null,
): void {
  metrics.onRead(async () => {
    const { queued, running, oldest_age_s, jobs_s, trials_s } = await read().catch(() => UNKNOWN_QUEUE);
    metrics.jobs.set({ status: 'queued' }, queued);
    metrics.jobs.set({ status: 'running' }, running);
    metrics.queueAge.set(oldest_age_s);
    metrics.queueWork.set(jobs_s * workerThreads + trials_s + (worker?.waitingSeconds ?? 0));
    metrics.threads.set({ state: 'busy' }, worker?.threads.busy ?? 0);
    metrics.threads.set({ state: 'idle' }, worker?.threads.idle ?? 0);
  });
}
