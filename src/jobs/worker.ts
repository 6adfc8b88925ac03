/** @file A worker: claims jobs and runs them one after another on all worker threads, and adopts those of dead workers. */
import type { Logger } from 'pino';
import type { Experiment } from '../experiment/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { within } from '../util/within.ts';
import type { Attempts } from './attempts.ts';
import { createPool, type Pool } from './pool.ts';
import type { Quota } from './quota.ts';
import { recoverJobs } from './recovery.ts';
import { JobRun, type RunSearch, type RunStudy } from './runner.ts';
import { storageFailure } from './storage.ts';
import { createWitness } from './witness.ts';

export interface WorkerOptions {
  readonly attempts: Attempts;
  /** Whether there may be other workers. */
  readonly shared: boolean;
  readonly threads: number;
  readonly runStudy: RunStudy;
  readonly runSearch: RunSearch;
  readonly quotaOf: (owner: string) => Quota;
  /** How long a worker may be silent before its job is another's. */
  readonly leaseSeconds: number;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly onEvent: (job: string) => void;
  /** Brings the files that an experiment reads to this process. */
  readonly bring: (experiment: Experiment) => Promise<void>;
}

export interface Worker {
  /** Looks for a job, unless it is at one. */
  wake(): void;
  /** Ends the job if this worker runs it. */
  cancel(job: string): void;
  readonly alive: boolean;
  readonly threads: Pool['threads'];
  /**
   * Ends the running trainings at their next step and gives their job back to the queue.
   * @returns whether all threads have ended; where not, the process has to
   */
  stop(): Promise<boolean>;
}

/** Guards against a wake-up that was lost, and is how often a worker looks for jobs of dead ones. */
const POLL_MS = 5000;

/** Of the ten seconds of a stop. */
const [ORDERLY_MS, GIVE_BACK_MS, LAST_THREADS_MS] = [4000, 1500, 2500];

export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { attempts, shared, threads, quotaOf, leaseSeconds, logger, onEvent } = options;
  // Alone on the database, whatever is running was run by a process that is no more.
  let recovered = shared;
  async function recover(): Promise<void> {
    await recoverJobs(attempts, null);
    recovered = true;
  }
  const report = (error: unknown) => {
    const level = storageFailure(error) === null ? 'error' : 'warn';
    logger[level]({ err: error }, 'the job loop stopped');
  };
  if (!recovered) {
    await recover().catch((error: unknown) => {
      if (storageFailure(error) === null) throw error;
      report(error);
    });
  }
  const pool = createPool(threads);
  const witness = createWitness(leaseSeconds * 1000);
  let current: JobRun | null = null;
  let stopping = false;
  let working: Promise<void> | null = null;
  /** A job may have been queued while the last claim was on its way. */
  let again = false;

  /** One job at a time: a study alone keeps every worker thread busy. */
  async function work(): Promise<void> {
    while (!stopping) {
      again = false;
      if (!recovered) await recover();
      const job = await attempts.claim((owner) => quotaOf(owner).max_running_jobs);
      if (job === null && again) continue;
      if (job === null) return;
      current = new JobRun(job, { ...options, pool, maxSeconds: quotaOf(job.owner).max_job_seconds });
      if (stopping) current.stop('shutdown');
      onEvent(job.id);
      await current.run().finally(() => {
        current = null;
      });
    }
  }

  function wake(): void {
    again = true;
    if (working !== null || stopping) return;
    working = work()
      .catch(report)
      .finally(() => {
        working = null;
      });
  }

  /** Jobs of dead workers go back to the queue. */
  async function adopt(): Promise<void> {
    const silent = await attempts.orphans(leaseSeconds);
    witness.answered();
    if (silent.length > 0 && witness.reliable) await recoverJobs(attempts, leaseSeconds);
  }

  function poll(): void {
    wake();
    if (!shared) return;
    adopt().catch((error: unknown) => logger.warn({ err: error }, 'could not look for jobs of dead workers'));
  }

  const timer = setInterval(poll, Math.min(POLL_MS, (leaseSeconds * 1000) / 4));
  wake();

  return {
    wake,
    cancel(job) {
      if (current?.job.id === job) current.stop('cancel');
    },
    get alive() {
      return pool.alive;
    },
    get threads() {
      return pool.threads;
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      current?.stop('shutdown');
      const ended = await within(ORDERLY_MS, working ?? Promise.resolve());
      // A training is in the middle of something long: the job must not wait for the lease to run out.
      if (!ended && current !== null) await within(GIVE_BACK_MS, current.giveBack());
      return pool.close(LAST_THREADS_MS);
    },
  };
}
