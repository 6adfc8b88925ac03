/** @file The job service: accepts jobs, lets a worker run them, tells whoever listens, on this replica or another. */
import { resolve } from 'node:path';
import type { Kysely } from 'kysely';
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
import { showQueue } from './gauges.ts';
import type { JobService } from './job.ts';
import { type MachineKind, machineKind } from './machine.ts';
import { createModelImporter } from './model_importer.ts';
import { Orders, queueName } from './orders.ts';
import { createOwnedJobs, type UnownedJobService } from './owned.ts';
import { createOwnedFiles } from './owned_files.ts';
import { queueState } from './queue_state.ts';
import type { Quota } from './quota.ts';
import { createRecentJobs, type RecentJobs } from './recent.ts';
import type { Room } from './room.ts';
import { SnapshotStore } from './snapshots.ts';
import { JobStore } from './store.ts';
import { startSweeper } from './sweeper.ts';
import type { Tables } from './tables.ts';
import { Watchers } from './watchers.ts';
import { type Market, startWorker, type Worker } from './worker.ts';

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

const LAST_QUERIES_MS = 1000;
/** How long a database that is asked how it is may take to answer. */
const ANSWER_MS = 2000;

async function answered<T>(promise: Promise<T>): Promise<T> {
  if (await within(ANSWER_MS, promise)) return promise;
  promise.catch(() => {});
  throw new Error('the database does not answer');
}

interface UnownedDependencies extends Pick<JobServiceOptions, 'quotaOf'> {
  readonly store: JobStore;
  readonly recent: RecentJobs;
  readonly watchers: Watchers;
  /** Null in a process that only takes requests. */
  readonly worker: Worker | null;
  readonly onEvent: (job: string) => void;
}

/** The jobs of everybody: nobody but `createOwnedJobs` is to see them. */
function unowned({
  store,
  recent,
  watchers,
  worker,
  quotaOf,
  onEvent,
}: UnownedDependencies): UnownedJobService {
  return {
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
    subscribe: (id, listener) => watchers.subscribe(id, listener),
    waitUntilTerminal: (id, timeoutMs, signal) => watchers.waitUntilTerminal(id, timeoutMs, signal),
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
    async ready() {
      const database = await answered(store.ping()).then(
        () => true,
        () => false,
      );
      return { database, storage: store.hasRoom(), workers: worker?.alive ?? true };
    },
  };
}

/** @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable */
export async function createJobService(options: JobServiceOptions): Promise<RunningJobService> {
  const { dataDir, databaseUrl, role, workerThreads, quotaOf, uploads, metrics, logger } = options;
  const { db, room, shared, listen, close } = await openDatabase({
    ...{ dataDir, databaseUrl, logger, signal: options.signal },
    onQuery: (seconds) => metrics.queries.observe(seconds),
    waits: role === 'worker',
  });
  const directory = resolve(dataDir, 'files');
  setFilesDirectory(directory);
  const blocks = serveBlocks();
  const readers = createFileReaders();
  const files = new FileStore(db, directory, readers);
  const models = createModelImporter(directory);
  await files.tidy();
  const store = new JobStore(db, room);
  const find = (id: string) => store.find(id);
  const recent = shared ? { find, forget: () => {} } : createRecentJobs(find);
  const watchers = new Watchers(async (id) => (await recent.find(id))?.job ?? null, shared);
  const onEvent = (job: string) => {
    recent.forget(job);
    watchers.wake(job);
  };
  const runs = role === 'api' ? null : await startRuns(options, { db, room, shared, files, onEvent });
  const worker = runs?.worker ?? null;
  showQueue(metrics, () => answered(queueState(db)), workerThreads, worker);
  await listen({
    trains: worker !== null,
    onListening() {
      worker?.wake();
      worker?.onTrial(null);
      watchers.wakeAll();
    },
    onAnnouncement({ kind, job }) {
      if (kind === 'trial') return worker?.onTrial(job);
      if (kind === 'trained') return worker?.onTrained(job);
      if (kind === 'queued') worker?.wake();
      if (kind === 'cancel') worker?.cancel(job);
      onEvent(job);
    },
  });
  const endSweeper = await startSweeper({
    ...{ store, files, logger, retentionDays: options.retentionDays },
    onSwept: () => recent.forget(),
  });
  const dispatcher = options.webhooks.start(createDeliveryQueue(db, recent.forget));

  const all = unowned({ store, recent, watchers, worker, quotaOf, onEvent });
  return {
    of: (owner) => createOwnedJobs(all, owner),
    filesOf: (owner) => createOwnedFiles(files, models, uploads, owner),
    async stop(requests) {
      watchers.end();
      endSweeper();
      // At once, because only requests wait for them; files are read for jobs, too.
      const modelsEnded = models.close();
      const idle = (await worker?.stop()) ?? true;
      await Promise.all([requests, dispatcher.stop(), readers.close(), modelsEnded]);
      blocks.close();
      await within(LAST_QUERIES_MS, Promise.allSettled([runs?.market?.queue.close(), close()]));
      return idle;
    },
  };
}

interface RunDependencies {
  readonly db: Kysely<Tables>;
  readonly room: Room;
  readonly shared: boolean;
  readonly files: FileStore;
  readonly onEvent: (job: string) => void;
}

/** What a process has that runs jobs. */
interface Runs {
  readonly worker: Worker;
  readonly market: Market | null;
}

async function startRuns(options: JobServiceOptions, dependencies: RunDependencies): Promise<Runs> {
  const { workerThreads, leaseSeconds, quotaOf, metrics, telemetry, logger } = options;
  const { db, room, shared, files, onEvent } = dependencies;
  const machine = machineKind();
  const market = await openMarket(options, db, machine);
  const worker = await startWorker({
    attempts: new Attempts(db, room, machine),
    snapshots: new SnapshotStore({ db, room, machine, seconds: options.snapshotSeconds, logger }),
    ...{ shared, market, leaseSeconds, quotaOf, metrics, telemetry, logger, onEvent },
    threads: workerThreads,
    bring: (use) => files.bring(use),
  });
  return { worker, market };
}

/** Where trials are handed to other processes: only where there may be some. */
async function openMarket(
  { databaseUrl, leaseSeconds, sharedTrialSeconds, logger }: JobServiceOptions,
  db: Kysely<Tables>,
  machine: MachineKind,
): Promise<Market | null> {
  if (databaseUrl === null) return null;
  const queue = await openSharedQueue<Tables>({
    ...{ url: databaseUrl, name: queueName(machine), leaseSeconds },
    onError: (error) => logger.warn({ err: error }, 'the queue of trials'),
  });
  return { queue, orders: new Orders(db, queue, machine), leastSeconds: sharedTrialSeconds };
}
