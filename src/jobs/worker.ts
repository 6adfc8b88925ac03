/** @file A worker: plans the studies of the jobs that it claims, trains their trials and those of others, adopts the jobs of dead workers. */
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.ts';
import { herdDelay, type Queue } from '../queue/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { within } from '../util/within.ts';
import type { Attempts, ClaimedJob } from './attempts.ts';
import { AwaitedOrders } from './awaited.ts';
import type { FileUse } from './file.ts';
import { OrderRunner } from './order_runner.ts';
import type { Orders } from './orders.ts';
import { createPool, type Pool } from './pool.ts';
import type { Quota } from './quota.ts';
import { recoverJobs } from './recovery.ts';
import { JobRun } from './runner.ts';
import type { SnapshotStore } from './snapshots.ts';
import { storageFailure } from './storage.ts';
import { Trainer } from './trainer.ts';
import { createWitness } from './witness.ts';

export interface WorkerOptions {
  readonly attempts: Attempts;
  readonly snapshots: SnapshotStore;
  /** True if there may be other workers. */
  readonly shared: boolean;
  /** Where trials are handed to other processes; null where there are none. */
  readonly market: Market | null;
  readonly threads: number;
  readonly quotaOf: (owner: string) => Quota;
  /** How long a worker may be silent before its job is another's. */
  readonly leaseSeconds: number;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly onEvent: (job: string) => void;
  /** Brings the files that an experiment reads to this process. */
  readonly bring: (use: FileUse) => Promise<void>;
}

/** Trials that any process may train. */
export interface Market {
  readonly orders: Orders;
  readonly queue: Queue<never>;
  /** A trial that is estimated to take less is trained by the process that plans its study. */
  readonly leastSeconds: number;
}

export interface Worker {
  /** Looks for jobs, as far as it may take more. */
  wake(): void;
  /** Ends what this worker runs of the job. */
  cancel(job: string): void;
  /** A trial of this job waits for a thread; null: some may. */
  onTrial(job: string | null): void;
  /** A trial of this job was trained, or cannot be. */
  onTrained(job: string): void;
  readonly alive: boolean;
  readonly threads: Pool['threads'];
  /** How long the trials that only this process can train will wait for a free thread, by estimate. */
  readonly waitingSeconds: number;
  /**
   * Ends the running trainings at their next step and gives their job back to the queue.
   * @returns whether all threads have ended; where not, the process has to
   */
  stop(): Promise<boolean>;
}

/** Guards against a wake-up that was lost, and is how often a worker looks for jobs of dead ones. */
const POLL_MS = 5000;

/** Planning takes a thread of its own for each, and memory. */
const MOST_STUDIES = 4;

/** How the ten seconds of a stop are divided. */
const [ORDERLY_MS, GIVE_BACK_MS, LAST_THREADS_MS] = [4000, 1500, 2500];

export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { attempts, shared, market, threads, quotaOf, leaseSeconds, logger, onEvent } = options;
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
  const warn = (error: unknown) =>
    logger.warn({ err: error }, 'trials: the queue did not answer, or what was taken is left to others');
  const orderRunner = market === null ? null : new OrderRunner({ ...options, ...market, pool });
  const trainer = new Trainer(pool, threads, orderRunner, warn);
  const awaited = market === null ? null : new AwaitedOrders(market.orders, logger);
  const sharedTrials = market === null || awaited === null ? null : { ...market, awaited };
  const witness = createWitness(leaseSeconds * 1000);
  /** By the id of the job. */
  const runs = new Map<string, { readonly run: JobRun; readonly ended: Promise<void> }>();
  /** Processes that hear of trials. */
  let listeners = 1;
  let stopping = false;
  let claiming: Promise<void> | null = null;
  /** A job may have been queued while the last claim was on its way. */
  let again = false;

  /** One study of an owner at a time, which alone keeps every thread busy; of several owners, so that none waits for another's. */
  function mayRun(owner: string): number {
    const own = [...runs.values()].some(({ run }) => run.job.owner === owner);
    return own ? 0 : quotaOf(owner).max_running_jobs;
  }

  async function claimAll(): Promise<void> {
    while (!stopping && runs.size < MOST_STUDIES) {
      again = false;
      if (!recovered) await recover();
      const job = await attempts.claim(mayRun);
      if (job === null && again) continue;
      if (job === null) return;
      start(job);
    }
  }

  function start(job: ClaimedJob): void {
    const run = new JobRun(job, {
      ...options,
      ...{ threads: trainer, shared: sharedTrials, maxSeconds: quotaOf(job.owner).max_job_seconds },
    });
    if (stopping) run.stop('shutdown');
    onEvent(job.id);
    const ended = run
      .run()
      .catch(report)
      .finally(() => {
        runs.delete(job.id);
        wake();
      });
    runs.set(job.id, { run, ended });
  }

  function wake(): void {
    again = true;
    if (claiming !== null || stopping) return;
    claiming = claimAll()
      .catch(report)
      .finally(() => {
        claiming = null;
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
    trainer.wake();
    if (!shared) return;
    countListeners().catch(() => {});
    adopt().catch((error: unknown) => logger.warn({ err: error }, 'could not look for jobs of dead workers'));
  }

  async function countListeners(): Promise<void> {
    if (market !== null) listeners = await market.orders.listeners();
  }

  const timer = setInterval(poll, Math.min(POLL_MS, (leaseSeconds * 1000) / 4));
  wake();
  trainer.wake();

  return {
    wake,
    cancel(job) {
      runs.get(job)?.run.stop('cancel');
      orderRunner?.cancel(job);
    },
    // The process that plans the study is the first to ask: it has the study's data.
    onTrial: (job) => trainer.wake(job === null || runs.has(job) ? 0 : herdDelay(listeners)),
    onTrained(job) {
      awaited?.look(job).catch(warn);
    },
    get alive() {
      return pool.alive;
    },
    get threads() {
      return pool.threads;
    },
    get waitingSeconds() {
      return trainer.waitingSeconds;
    },
    async stop() {
      stopping = true;
      clearInterval(timer);
      const atWork = [...runs.values()];
      for (const { run } of atWork) run.stop('shutdown');
      orderRunner?.stop();
      await within(ORDERLY_MS, Promise.all([claiming, trainer.stop(), ...atWork.map(({ ended }) => ended)]));
      // A training is in the middle of something long: the job must not wait for the lease to run out.
      const left = [...runs.values()].map(({ run }) => run.giveBack());
      if (left.length > 0) await within(GIVE_BACK_MS, Promise.allSettled(left));
      awaited?.close();
      await orderRunner?.close();
      return pool.close(LAST_THREADS_MS);
    },
  };
}
