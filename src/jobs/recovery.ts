/** @file After a crash: running jobs of a dead process go back to the queue, unless they are what kills it. */
import type { Attempts, Orphan } from './attempts.ts';
import { LostAttempt } from './fence.ts';

/** An attempt that lasted this long (by its heartbeat) and finished no trial weighs as its own cause of death. */
const LONG_ATTEMPT_MS = 10_000;
const LONG_CRASH = 50;
const SHORT_CRASH = 10;

/**
 * Two long attempts, or ten short ones, in a row without one finished trial. A kill from outside at a random moment
 * hits a short attempt or one that made progress (which sets the score to 0); a job that kills its process each time
 * never makes any.
 */
const CRASH_LIMIT = 100;

function recover(attempts: Attempts, job: Orphan): Promise<void> {
  const score = job.crash_score + (job.ran_ms >= LONG_ATTEMPT_MS ? LONG_CRASH : SHORT_CRASH);
  if (job.cancel_requested) return attempts.canceled(job);
  if (score < CRASH_LIMIT) return attempts.release(job, score);
  return attempts.fail(job, {
    code: 'job_crashed_process',
    detail: 'The process died again and again while it ran this job, before a single trial was finished.',
  });
}

/**
 * Any worker may do this at any time; one of them succeeds for each job.
 * @param silentSeconds how long a job's process has to be silent to count as dead; null: every process is
 */
export async function recoverJobs(attempts: Attempts, silentSeconds: number | null): Promise<void> {
  for (const job of await attempts.orphans(silentSeconds)) {
    await recover(attempts, job).catch((error: unknown) => {
      if (!(error instanceof LostAttempt)) throw error;
    });
  }
}
