/** @file After a crash: running jobs of the dead process go back to the queue, unless they are what kills it. */
import type { JobStore } from './store.ts';

/** An attempt that lasted this long (by its heartbeat) and finished no trial weighs as its own cause of death. */
const LONG_ATTEMPT_MS = 10_000;
const LONG_CRASH = 50;
const SHORT_CRASH = 1;

/**
 * Two long attempts, or a hundred short ones, in a row without one finished trial. A kill from outside at a random moment
 * hits a short attempt or one that made progress (which sets the score to 0); a job that kills its process each time
 * never makes any.
 */
const CRASH_LIMIT = 100;

export async function recoverJobs(store: JobStore): Promise<void> {
  for (const job of await store.orphans()) {
    const score = job.crash_score + (job.ran_ms >= LONG_ATTEMPT_MS ? LONG_CRASH : SHORT_CRASH);
    if (job.cancel_requested) {
      await store.canceled(job);
    } else if (score >= CRASH_LIMIT) {
      await store.fail(job, {
        code: 'job_crashed_process',
        detail: 'The process died again and again while it ran this job, before a single trial was finished.',
      });
    } else {
      await store.requeue(job, score);
    }
  }
}
