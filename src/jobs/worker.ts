/** @file A worker: plans the studies of the jobs that it claims, trains their trials and those of others, adopts the jobs of dead workers. */
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.ts';
import { herdDelay, type Queue } from '../queue/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { within } from '../util/within.ts';
import type { Attempts } from './attempts.ts';
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
import { Studies } from './studies.ts';
import { createStudyThreads } from './study_threads.ts';
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

/** How the ten seconds of a stop are divided. */
const [ORDERLY_MS, GIVE_BACK_MS, LAST_THREADS_MS] = [4000, 1500, 2500];

export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const { attempts, shared, market, threads, quotaOf, leaseSeconds, logger, onEvent } = options;
  const report = (error: unknown) => {
    const level = storageFailure(error) === null ? 'error' : 'warn';
    logger[level]({ err: error }, 'the job loop stopped');
  };
  // Alone on the database, whatever is running was run by a process that is no more.
  const recover = shared ? async () => {} : once(() => recoverJobs(attempts, null));
  await recover().catch((error: unknown) => {
    if (storageFailure(error) === null) throw error;
    report(error);
  });
  const pool = createPool(threads);
  const studyThreads = createStudyThreads();
  const warn = (error: unknown) =>
    logger.warn({ err: error }, 'trials: the queue did not answer, or what was taken is left to others');
  const orderRunner = market === null ? null : new OrderRunner({ ...options, ...market, pool });
  const trainer = new Trainer(pool, threads, orderRunner, warn);
  const awaited = market === null ? null : new AwaitedOrders(market.orders, logger);
  /** Processes that train. */
  let trainers = 1;
  // As if each of them had as many threads as this one.
  const idle = async () => trainers * threads - ((await market?.orders.open()) ?? 0);
  const sharedTrials = market === null || awaited === null ? null : { ...market, awaited, idle };
  const studies = new Studies({
    ...{ attempts, quotaOf, recover, onStarted: onEvent, onError: report },
    prepare: (job) =>
      new JobRun(job, {
        ...options,
        ...{ threads: trainer, studyThreads, shared: sharedTrials },
        maxSeconds: quotaOf(job.owner).max_job_seconds,
      }),
  });
  const witness = createWitness(leaseSeconds * 1000);

  /** Jobs of dead workers go back to the queue. */
  async function adopt(): Promise<void> {
    const silent = await attempts.orphans(leaseSeconds);
    witness.answered();
    if (silent.length > 0 && witness.reliable) await recoverJobs(attempts, leaseSeconds);
  }

  async function countTrainers(): Promise<void> {
    if (market !== null) trainers = await market.orders.trainers();
  }

  function poll(): void {
    studies.wake();
    trainer.wake();
    if (!shared) return;
    countTrainers().catch(() => {});
    adopt().catch((error: unknown) => logger.warn({ err: error }, 'could not look for jobs of dead workers'));
  }

  const timer = setInterval(poll, Math.min(POLL_MS, (leaseSeconds * 1000) / 4));
  studies.wake();
  trainer.wake();

  return {
    wake: () => studies.wake(),
    cancel(job) {
      studies.cancel(job);
      orderRunner?.cancel(job);
    },
    // The process that plans the study is the first to ask: it has the study's data.
    onTrial: (job) => trainer.wake(job === null || studies.has(job) ? 0 : herdDelay(trainers)),
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
      clearInterval(timer);
      orderRunner?.stop();
      await within(ORDERLY_MS, Promise.all([studies.stop(), trainer.stop()]));
      // A training may be in the middle of something long: the job of its study must not wait for the lease to run out.
      await within(GIVE_BACK_MS, studies.giveBack());
      awaited?.close();
      await orderRunner?.close();
      const [ended] = await Promise.all([
        pool.close(LAST_THREADS_MS),
        within(LAST_THREADS_MS, studyThreads.close()),
      ]);
      return ended;
    },
  };
}

/** Does it until it has succeeded, and then no more. */
function once(work: () => Promise<unknown>): () => Promise<void> {
  let done = false;
  return async () => {
    if (done) return;
    await work();
    done = true;
  };
}
