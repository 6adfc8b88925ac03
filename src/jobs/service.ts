/** @file The job service: accepts jobs, lets a worker run them, tells whoever listens, on this replica or another. */
import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { serveBlocks, setFilesDirectory } from '../files/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { openSharedQueue } from '../queue/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { within } from '../util/within.ts';
import type { Webhooks } from '../webhooks/index.ts';
import { Attempts } from './attempts.ts';
import { openDatabase } from './database.ts';
import { createDeliveryQueue } from './deliveries.ts';
import type { FileService } from './file.ts';
import { createFileReaders } from './file_readers.ts';
import { FileStore, type UploadLimits } from './file_store.ts';
import { isTerminal, type Job, type JobService } from './job.ts';
import { machineKind } from './machine.ts';
import { createModelImporter } from './model_importer.ts';
import { Orders, queueName } from './orders.ts';
import { createOwnedJobs, type UnownedJobService } from './owned.ts';
import { queueState, UNKNOWN_QUEUE } from './queue_state.ts';
import type { Quota } from './quota.ts';
import { createRecentJobs } from './recent.ts';
import { SnapshotStore } from './snapshots.ts';
import { JobStore } from './store.ts';
import type { Tables } from './tables.ts';
import { startWorker } from './worker.ts';

/** The role of a process: it takes requests, runs jobs, or both. */
export type Role = 'all' | 'api' | 'worker';

export interface JobServiceOptions {
  readonly dataDir: string;
  /** PostgreSQL; null: a SQLite file in `dataDir`. */
  readonly databaseUrl: string | null;
  readonly role: Role;
  readonly workerThreads: number;
  /** How long a worker may be silent before its job is another's. */
  readonly leaseSeconds: number;
  /** A trial that is estimated to take less is trained by the process that plans its study. */
  readonly sharedTrialSeconds: number;
  /** A training is kept so often, to go on from there if its process dies. */
  readonly snapshotSeconds: number;
  readonly quotaOf: (owner: string) => Quota;
  readonly uploads: UploadLimits;
  /** After which results are deleted; 0 keeps them. */
  readonly retentionDays: number;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly webhooks: Pick<Webhooks, 'start'>;
  /** Ends the wait for a database that is away. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunningJobService {
  /** Everything that an owner may see and do. */
  of(owner: string): JobService;
  filesOf(owner: string): FileService;
  /**
   * Ends the running trainings at their next step, gives their job back to the queue, closes the database.
   * @param requests those that may still read it
   * @returns whether all threads have ended; where not, the process has to be killed
   */
  stop(requests?: Promise<unknown>): Promise<boolean>;
}

/** Guards against a wake-up that was lost. */
const POLL_MS = 5000;
const SWEEP_MS = 3_600_000;
const LAST_QUERIES_MS = 1000;
const DAY_S = 86_400;
/** How long a database that is asked how it is may take to answer. */
const ANSWER_MS = 2000;

async function answered<T>(promise: Promise<T>): Promise<T> {
  if (await within(ANSWER_MS, promise)) return promise;
  promise.catch(() => {});
  throw new Error('the database does not answer');
}

/** @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable */
export async function createJobService({
  dataDir,
  databaseUrl,
  role,
  workerThreads,
  leaseSeconds,
  sharedTrialSeconds,
  snapshotSeconds,
  quotaOf,
  retentionDays,
  uploads,
  metrics,
  telemetry,
  logger,
  webhooks,
  signal: ended,
}: JobServiceOptions): Promise<RunningJobService> {
  const onQuery = (seconds: number) => metrics.queries.observe(seconds);
  const { db, room, shared, listen, close } = await openDatabase({
    ...{ dataDir, databaseUrl, logger, onQuery },
    waits: role === 'worker',
    signal: ended,
  });
  const directory = resolve(dataDir, 'files');
  setFilesDirectory(directory);
  const blocks = serveBlocks();
  const readers = createFileReaders();
  const files = new FileStore(db, directory, readers);
  const models = createModelImporter(directory);
  await files.tidy();
  const store = new JobStore(db, room);
  const machine = machineKind();
  const attempts = new Attempts(db, room, machine);
  const snapshots = new SnapshotStore({ db, room, machine, seconds: snapshotSeconds, logger });
  const queue =
    databaseUrl === null || role === 'api'
      ? null
      : await openSharedQueue<Tables>({
          ...{ url: databaseUrl, name: queueName(machine), leaseSeconds },
          onError: (error) => logger.warn({ err: error }, 'the queue of trials'),
        });
  const market =
    queue === null
      ? null
      : { queue, orders: new Orders(db, queue, machine), leastSeconds: sharedTrialSeconds };
  const events = new EventEmitter().setMaxListeners(0);
  const find = (id: string) => store.find(id);
  const recent = shared ? { find, forget: () => {} } : createRecentJobs(find);
  const onEvent = (job: string) => {
    recent.forget(job);
    events.emit(job);
  };
  const wakeAll = () => {
    for (const job of events.eventNames()) events.emit(job);
  };
  let stopping = false;
  const worker =
    role === 'api'
      ? null
      : await startWorker({
          ...{ attempts, snapshots, shared, market, threads: workerThreads, leaseSeconds },
          ...{ quotaOf, metrics, telemetry, logger, onEvent },
          bring: (use) => files.bring(use),
        });
  metrics.onRead(async () => {
    const state = await answered(queueState(db)).catch(() => UNKNOWN_QUEUE);
    const { queued, running, oldest_age_s, jobs_s, trials_s } = state;
    metrics.jobs.set({ status: 'queued' }, queued);
    metrics.jobs.set({ status: 'running' }, running);
    metrics.queueAge.set(oldest_age_s);
    metrics.queueWork.set(jobs_s * workerThreads + trials_s + (worker?.waitingSeconds ?? 0));
    metrics.threads.set({ state: 'busy' }, worker?.threads.busy ?? 0);
    metrics.threads.set({ state: 'idle' }, worker?.threads.idle ?? 0);
  });
  await listen({
    onListening() {
      worker?.wake();
      worker?.onTrial(null);
      wakeAll();
    },
    onAnnouncement({ kind, job }) {
      if (kind === 'trial') return worker?.onTrial(job);
      if (kind === 'trained') return worker?.onTrained(job);
      if (kind === 'queued') worker?.wake();
      if (kind === 'cancel') worker?.cancel(job);
      onEvent(job);
    },
  });
  // An announcement can be lost with its connection.
  const timer = shared ? setInterval(wakeAll, POLL_MS) : undefined;

  async function sweep(): Promise<void> {
    const removed = await store.removeEnded(retentionDays * DAY_S);
    await files.removeUnused(retentionDays * DAY_S);
    recent.forget();
    if (removed > 0) logger.info({ removed }, 'old jobs deleted');
  }
  const reportSweep = () =>
    sweep().catch((error: unknown) => logger.error({ err: error }, 'old jobs could not be deleted'));
  const sweeper = retentionDays > 0 ? setInterval(reportSweep, SWEEP_MS) : undefined;
  if (retentionDays > 0) await reportSweep();

  const dispatcher = webhooks.start(createDeliveryQueue(db, recent.forget));

  const subscribe = (id: string, listener: () => void) => {
    events.on(id, listener);
    return () => void events.off(id, listener);
  };

  async function waitUntilTerminal(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Job | null> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const changed = Promise.withResolvers<void>();
      const unsubscribe = subscribe(id, changed.resolve);
      try {
        const job = (await recent.find(id))?.job ?? null;
        const rest = deadline - performance.now();
        if (job === null || isTerminal(job.status) || rest <= 0 || signal?.aborted || stopping) return job;
        const timeout = setTimeout(changed.resolve, Math.min(rest, POLL_MS));
        const onAbort = () => changed.resolve();
        signal?.addEventListener('abort', onAbort, { once: true });
        await changed.promise;
        clearTimeout(timeout);
        // A signal of several lives as long as one of them has a listener; that of closing lives as long as the process.
        signal?.removeEventListener('abort', onAbort);
      } finally {
        unsubscribe();
      }
    }
  }

  const all: UnownedJobService = {
    async submit(submission) {
      const outcome = await store.submit(submission, quotaOf(submission.owner));
      worker?.wake();
      return outcome;
    },
    find: (id) => recent.find(id),
    list: (query) => store.list(query),
    result: (id) => store.result(id),
    experiment: (id) => store.experiment(id),
    posted: (id) => store.posted(id),
    runs: (id) => store.runs(id),
    outcomes: (id) => store.outcomes(id),
    encodedTrace: (id, run) => store.encodedTrace(id, run),
    events: (id, after, limit) => store.events(id, after, limit),
    subscribe,
    async cancel(id) {
      const job = await store.cancel(id);
      worker?.cancel(id);
      onEvent(id);
      return job;
    },
    async remove(id) {
      const outcome = await store.remove(id);
      recent.forget(id);
      return outcome;
    },
    waitUntilTerminal,
    async ready() {
      const database = await answered(store.ping()).then(
        () => true,
        () => false,
      );
      return { database, storage: store.hasRoom(), workers: worker?.alive ?? true };
    },
  };

  return {
    of: (owner) => createOwnedJobs(all, owner),
    filesOf: (owner) => ({
      upload: (content, upload) => files.upload(owner, content, upload, uploads),
      find: (id) => files.find(owner, id),
      list: (limit, cursor) => files.list(owner, limit, cursor),
      content: (id) => files.content(owner, id),
      remove: (id) => files.remove(owner, id),
      provide: (ids) => files.provide(owner, ids),
      bring: (use) => files.bring(use),
      readModel: (content, openSize) => models.read(content, openSize, uploads.max_file_bytes),
    }),
    async stop(requests) {
      stopping = true;
      clearInterval(timer);
      clearInterval(sweeper);
      // At once, because only requests wait for them; files are read for jobs, too.
      const modelsEnded = models.close();
      const idle = (await worker?.stop()) ?? true;
      await Promise.all([requests, dispatcher.stop(), readers.close(), modelsEnded]);
      blocks.close();
      await within(LAST_QUERIES_MS, Promise.allSettled([queue?.close(), close()]));
      return idle;
    },
  };
}
