/** @file The job service: accepts jobs, runs them one after another on all worker threads, tells who listens. */
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics/index.ts';
import { openDatabase } from './database.ts';
import { isTerminal, type Job, type JobService, type OwnedSubmission } from './job.ts';
import { createOwnedJobs } from './owned.ts';
import { createPool } from './pool.ts';
import type { Quota } from './quota.ts';
import { recoverJobs } from './recovery.ts';
import { JobRun, type RunSearch, type RunStudy } from './runner.ts';
import { JobStore } from './store.ts';

export interface JobServiceOptions {
  readonly dataDir: string;
  readonly workerThreads: number;
  readonly runStudy: RunStudy;
  readonly runSearch: RunSearch;
  readonly quotaOf: (owner: string) => Quota;
  /** After which results are deleted; 0 keeps them. */
  readonly retentionDays: number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** The jobs of all owners. */
export interface UnownedJobService extends Omit<JobService, 'submit' | 'list'> {
  submit(submission: OwnedSubmission): ReturnType<JobService['submit']>;
  list(query: Parameters<JobService['list']>[0] & { owner: string }): ReturnType<JobService['list']>;
}

export interface RunningJobService {
  /** What an owner may see and do. */
  of(owner: string): JobService;
  /**
   * Ends the running trainings at their next step, gives their job back to the queue, closes the database.
   * @param requests those that may still read it
   */
  stop(requests?: Promise<unknown>): Promise<void>;
}

/** Nothing but a new submission makes work; this only guards against a wake-up that was lost. */
const POLL_MS = 5000;
const SWEEP_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** @throws DataDirectoryInUse */
export async function createJobService({
  dataDir,
  workerThreads,
  runStudy,
  runSearch,
  quotaOf,
  retentionDays,
  metrics,
  logger,
}: JobServiceOptions): Promise<RunningJobService> {
  const { db, close } = await openDatabase(dataDir, (seconds) => metrics.queries.observe(seconds));
  const store = new JobStore(db);
  await recoverJobs(store);
  const pool = createPool(workerThreads);
  metrics.onRead(async () => {
    const { queued, running, oldest_queued_at } = await store.queue();
    metrics.jobs.set({ status: 'queued' }, queued);
    metrics.jobs.set({ status: 'running' }, running);
    metrics.queueAge.set(oldest_queued_at === null ? 0 : (Date.now() - Date.parse(oldest_queued_at)) / 1000);
    metrics.threads.set({ state: 'busy' }, pool.threads.busy);
    metrics.threads.set({ state: 'idle' }, pool.threads.idle);
  });
  const events = new EventEmitter().setMaxListeners(0);
  const onEvent = (job: string) => void events.emit(job);
  let current: JobRun | null = null;
  let stopping = false;
  let working: Promise<void> | null = null;

  /** One job at a time: a study alone keeps every worker thread busy. */
  async function work(): Promise<void> {
    while (!stopping) {
      const job = await store.claim((owner) => quotaOf(owner).max_running_jobs);
      if (job === null) return;
      const maxSeconds = quotaOf(job.owner).max_job_seconds;
      current = new JobRun(job, { store, pool, runStudy, runSearch, maxSeconds, metrics, logger, onEvent });
      onEvent(job.id);
      // A cancel that came between the claim and the line above found nobody to tell.
      if ((await store.get(job.id))?.cancel_requested_at != null) current.stop('cancel');
      await current.run();
      current = null;
    }
  }

  function wake(): void {
    if (working !== null || stopping) return;
    working = work()
      .catch((error: unknown) => logger.error({ err: error }, 'the job loop stopped'))
      .finally(() => {
        working = null;
      });
  }

  /** A job can be submitted between the last claim and the end of the loop; the poll finds it. */
  const timer = setInterval(wake, POLL_MS);
  wake();

  async function sweep(): Promise<void> {
    const removed = await store.removeEndedBefore(
      new Date(Date.now() - retentionDays * DAY_MS).toISOString(),
    );
    if (removed > 0) logger.info({ removed }, 'old jobs deleted');
  }
  const reportSweep = () =>
    sweep().catch((error: unknown) => logger.error({ err: error }, 'old jobs could not be deleted'));
  const sweeper = retentionDays > 0 ? setInterval(reportSweep, SWEEP_MS) : undefined;
  if (retentionDays > 0) await reportSweep();

  const subscribe = (id: string, listener: () => void) => {
    events.on(id, listener);
    return () => void events.off(id, listener);
  };

  async function waitUntilTerminal(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Job | null> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const changed = Promise.withResolvers<void>();
      const unsubscribe = subscribe(id, changed.resolve);
      try {
        const job = await store.get(id);
        const rest = deadline - Date.now();
        if (job === null || isTerminal(job.status) || rest <= 0 || signal?.aborted || stopping) return job;
        const timeout = setTimeout(changed.resolve, Math.min(rest, POLL_MS));
        signal?.addEventListener('abort', () => changed.resolve(), { once: true });
        await changed.promise;
        clearTimeout(timeout);
      } finally {
        unsubscribe();
      }
    }
  }

  const all: UnownedJobService = {
    async submit(submission) {
      const outcome = await store.submit(submission, quotaOf(submission.owner));
      // After the loop that may just be ending: its `finally` runs before this turn of the event loop does.
      setImmediate(wake);
      return outcome;
    },
    get: (id) => store.get(id),
    list: (query) => store.list(query),
    result: (id) => store.result(id),
    runs: (id) => store.runs(id),
    trace: (id, run) => store.traceOfRun(id, run),
    events: (id, after, limit) => store.events(id, after, limit),
    subscribe,
    async cancel(id) {
      const job = await store.cancel(id);
      if (current?.job.id === id) current.stop('cancel');
      onEvent(id);
      return job;
    },
    remove: (id) => store.remove(id),
    waitUntilTerminal,
    async ready() {
      const database = await store.ping().then(
        () => true,
        () => false,
      );
      return { database, workers: pool.alive };
    },
  };

  return {
    of: (owner) => createOwnedJobs(all, store, owner),
    async stop(requests) {
      stopping = true;
      clearInterval(timer);
      clearInterval(sweeper);
      current?.stop('shutdown');
      await working;
      await pool.close();
      await requests;
      await close();
    },
  };
}
