/** @file Jobs in the database: rows in, jobs out. Every write of a running job is fenced by its attempt. */

import type { Selectable, UpdateObject } from 'kysely';
import { type Kysely, sql, type Transaction } from 'kysely';
import { ulid } from 'ulid';
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Progress, SearchOptions } from '../study/index.ts';
import { present } from '../util/assert.ts';
import { announce } from './announcements.ts';
import { databaseTime, isPostgres, lock, searchable } from './dialect.ts';
import type {
  Job,
  JobEvent,
  JobPage,
  JobStatus,
  OwnedSubmission,
  RemoveOutcome,
  SubmitOutcome,
} from './job.ts';
import type { Tables } from './migrations.ts';
import { type Quota, quotaExcess, recordUse } from './quota.ts';
import { decodeTrace, encodeTrace } from './trace_codec.ts';
import { nextInTurn, recordTurn } from './turn.ts';

type Row = Omit<Selectable<Tables['jobs']>, 'result' | 'experiment'>;
type Database = Kysely<Tables> | Transaction<Tables>;

const columns = [
  'position',
  'id',
  'owner',
  'status',
  'search',
  'name',
  'metadata',
  'estimate',
  'progress',
  'summary',
  'error',
  'created_at',
  'started_at',
  'finished_at',
  'cancel_requested_at',
  'attempt',
  'attempt_started_at',
  'heartbeat_at',
  'crash_score',
] as const;

const IDEMPOTENCY_HOURS = 24;

/** A cursor that this service did not make. */
export class InvalidCursor extends Error {
  override name = 'InvalidCursor';
}

/** Another attempt owns the job now. */
export class LostAttempt extends Error {
  override name = 'LostAttempt';
}

const lost = (id: string, attempt: number) =>
  new LostAttempt(`job ${id} is no longer run by attempt ${attempt}`);

export interface OwnedJob {
  readonly owner: string;
  readonly job: Job;
}

export interface ClaimedJob {
  readonly id: string;
  readonly owner: string;
  readonly attempt: number;
  readonly experiment: Experiment;
  readonly search: SearchOptions | null;
  /** Trials that earlier attempts had completed. */
  readonly completed_trials: number;
}

const now = () => new Date().toISOString();
const parse = (text: string | null) => (text === null ? null : JSON.parse(text));

function toJob(row: Row): Job {
  const self = `/v1/jobs/${row.id}`;
  return {
    id: row.id,
    kind: row.search === null ? 'study' : 'search',
    name: parse(row.name),
    status: row.status as JobStatus,
    created_at: row.created_at,
    started_at: row.started_at,
    finished_at: row.finished_at,
    cancel_requested_at: row.cancel_requested_at,
    progress: parse(row.progress),
    estimate: parse(row.estimate),
    summary: parse(row.summary),
    error: parse(row.error),
    metadata: parse(row.metadata),
    links: {
      self,
      cancel: `${self}/cancel`,
      events: `${self}/events`,
      result: `${self}/result`,
      statistics: `${self}/statistics`,
    },
  };
}

const encodeCursor = (position: number) => Buffer.from(`p${position}`).toString('base64url');

function decodeCursor(cursor: string): number {
  const match = /^p(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null) throw new InvalidCursor('the cursor was not made by this service');
  return Number(match[1]);
}

const QUEUED = { phase: 'queued', completed_trials: 0, total_trials: 0, fraction: 0, eta_s: null };

/** A job that was not touched yet. */
function submittedRow({
  experiment,
  search,
  estimate,
}: Pick<OwnedSubmission, 'experiment' | 'search' | 'estimate'>) {
  return {
    status: 'queued',
    name: JSON.stringify(experiment.name ?? null),
    metadata: JSON.stringify(experiment.metadata),
    experiment: JSON.stringify(experiment),
    search: search === null ? null : JSON.stringify(search),
    estimate: JSON.stringify(estimate),
    progress: JSON.stringify({ ...QUEUED, total_trials: estimate.trials }),
    created_at: now(),
    attempt: 0,
    crash_score: 0,
  };
}

export class JobStore {
  readonly #db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#db);
  }

  /** What waits and what runs, of all owners. */
  async queue(): Promise<{ queued: number; running: number; oldest_queued_at: string | null }> {
    const rows = await this.#db
      .selectFrom('jobs')
      .where('status', 'in', ['queued', 'running'])
      .groupBy('status')
      .select(({ fn }) => ['status', fn.countAll<number>().as('count'), fn.min('created_at').as('oldest')])
      .execute();
    const of = (status: JobStatus) => rows.find((row) => row.status === status);
    return {
      queued: of('queued')?.count ?? 0,
      running: of('running')?.count ?? 0,
      oldest_queued_at: of('queued')?.oldest ?? null,
    };
  }

  /** The caller's transaction has changed the job's row before: its lock keeps the numbers of events apart. */
  async #event(db: Database, job: string, type: JobEvent['type'], data: object): Promise<void> {
    const last = db
      .selectFrom('events')
      .where('job_id', '=', job)
      .select(sql<number>`coalesce(max(seq), 0) + 1`.as('seq'));
    const { seq } = await last.executeTakeFirstOrThrow();
    const row = { job_id: job, seq, type, data: JSON.stringify(data), created_at: now() };
    await db.insertInto('events').values(row).execute();
    const queued = 'status' in data && data.status === 'queued';
    await announce(db, { kind: queued ? 'queued' : 'event', job });
  }

  /** The job and its idempotency key in one transaction: once this returns, the job survives anything. */
  submit(
    { owner, experiment, search, estimate, flops, idempotency }: OwnedSubmission,
    quota: Quota,
  ): Promise<SubmitOutcome> {
    return this.#db.transaction().execute(async (db) => {
      // What the owner has, counted below, cannot become more in the meantime.
      await lock(db, 'submit', owner);
      if (idempotency !== null) {
        const expired = new Date(Date.now() - IDEMPOTENCY_HOURS * 3_600_000).toISOString();
        await db
          .deleteFrom('idempotency_keys')
          .where('owner', '=', owner)
          .where('created_at', '<', expired)
          .execute();
        const known = await db
          .selectFrom('idempotency_keys')
          .selectAll()
          .where('owner', '=', owner)
          .where('key', '=', idempotency.key)
          .executeTakeFirst();
        if (known !== undefined && known.fingerprint !== idempotency.fingerprint) return { kind: 'conflict' };
        if (known !== undefined)
          return { kind: 'replayed', job: present(await this.#read(db, known.job_id)) };
      }
      const excess = await quotaExcess(db, owner, flops, quota);
      if (excess !== null) return { kind: 'over_quota', ...excess };
      await recordUse(db, owner, flops);
      const id = `job_${ulid()}`;
      await db
        .insertInto('jobs')
        .values({ id, owner, ...submittedRow({ experiment, search, estimate }) })
        .execute();
      if (idempotency !== null) {
        await db
          .insertInto('idempotency_keys')
          .values({ ...idempotency, owner, job_id: id, created_at: now() })
          .execute();
      }
      await this.#event(db, id, 'status', { status: 'queued' });
      return { kind: 'created', job: present(await this.#read(db, id)) };
    });
  }

  async #find(db: Database, id: string): Promise<OwnedJob | null> {
    const row = await db
      .selectFrom('jobs')
      .select(columns)
      .where('id', '=', searchable(id))
      .executeTakeFirst();
    return row === undefined ? null : { owner: row.owner, job: toJob(row) };
  }

  async #read(db: Database, id: string): Promise<Job | null> {
    return (await this.#find(db, id))?.job ?? null;
  }

  find(id: string): Promise<OwnedJob | null> {
    return this.#find(this.#db, id);
  }

  async list({
    owner,
    limit,
    cursor,
    status,
  }: {
    owner: string;
    limit: number;
    cursor?: string | undefined;
    status?: JobStatus | undefined;
  }): Promise<JobPage> {
    let query = this.#db
      .selectFrom('jobs')
      .select(columns)
      .where('owner', '=', owner)
      .orderBy('position', 'desc')
      .limit(limit + 1);
    if (cursor !== undefined) query = query.where('position', '<', decodeCursor(cursor));
    if (status !== undefined) query = query.where('status', '=', status);
    const rows = await query.execute();
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data: page.map(toJob), has_more: more, next_cursor: more ? encodeCursor(last.position) : null };
  }

  async result(id: string): Promise<Buffer | null> {
    const row = await this.#db.selectFrom('jobs').select('result').where('id', '=', id).executeTakeFirst();
    return row?.result ?? null;
  }

  /** In order of completion, baseline first. */
  async runs(id: string): Promise<string[]> {
    const rows = await this.#db.selectFrom('runs').select('run').where('job_id', '=', id).execute();
    const names = rows.map(({ run }) => run).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return [
      ...names.filter((run) => run.startsWith('baseline/')),
      ...names.filter((run) => !run.startsWith('baseline/')),
    ];
  }

  async traceOfRun(id: string, run: string): Promise<Trace | null> {
    const row = await this.#db
      .selectFrom('runs')
      .innerJoin('trials', (join) =>
        join.onRef('trials.job_id', '=', 'runs.job_id').onRef('trials.key', '=', 'runs.key'),
      )
      .select('trace')
      .where('runs.job_id', '=', id)
      .where('run', '=', searchable(run))
      .executeTakeFirst();
    return row === undefined ? null : decodeTrace(row.trace);
  }

  async events(id: string, after: number, limit: number): Promise<JobEvent[]> {
    const rows = await this.#db
      .selectFrom('events')
      .select(['seq', 'type', 'data', 'created_at'])
      .where('job_id', '=', id)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(limit)
      .execute();
    return rows.map(({ data, type, ...row }) => ({
      ...row,
      type: type as JobEvent['type'],
      data: JSON.parse(data),
    }));
  }

  /** A queued job is canceled at once; a running one is asked to. */
  cancel(id: string): Promise<Job | null> {
    return this.#db.transaction().execute(async (db) => {
      const query = db.selectFrom('jobs').select('status').where('id', '=', searchable(id));
      // Locked, or the job could pass from queued to running and back between the statements, and miss the request.
      const job = await (isPostgres(db) ? query.forUpdate() : query).executeTakeFirst();
      const time = now();
      if (job?.status === 'queued') {
        const values = { status: 'canceled', cancel_requested_at: time, finished_at: time };
        await db.updateTable('jobs').set(values).where('id', '=', id).execute();
        await this.#event(db, id, 'status', { status: 'canceled' });
      }
      if (job?.status === 'running') {
        await db
          .updateTable('jobs')
          .set({ cancel_requested_at: time })
          .where('id', '=', id)
          .where('cancel_requested_at', 'is', null)
          .execute();
        await announce(db, { kind: 'cancel', job: id });
      }
      return this.#read(db, id);
    });
  }

  async remove(id: string): Promise<RemoveOutcome> {
    const removed = await this.#db
      .deleteFrom('jobs')
      .where('id', '=', searchable(id))
      .where('status', 'in', ['succeeded', 'failed', 'canceled'])
      .executeTakeFirst();
    if (removed.numDeletedRows > 0n) return 'removed';
    return (await this.find(id)) === null ? 'not_found' : 'not_terminal';
  }

  /** Terminal jobs that ended before this time, with all that belongs to them. */
  async removeEndedBefore(time: string): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom('jobs')
      .where('status', 'in', ['succeeded', 'failed', 'canceled'])
      .where('finished_at', '<', time)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  // ---- for the runner ----

  /**
   * The oldest queued job of the owner whose turn it is becomes this attempt's. Workers claim one after another: turns and
   * limits are counted over all of them.
   * @param maxRunning jobs that an owner may have running at once
   */
  claim(maxRunning: (owner: string) => number): Promise<ClaimedJob | null> {
    return this.#db.transaction().execute(async (db) => {
      await lock(db, 'claim');
      const position = await nextInTurn(db, maxRunning);
      if (position === undefined) return null;
      const time = databaseTime(db);
      const row = await db
        .updateTable('jobs')
        .set((eb) => ({
          status: 'running',
          attempt: eb('attempt', '+', 1),
          attempt_started_at: time,
          heartbeat_at: time,
          started_at: eb.fn.coalesce('started_at', time),
        }))
        .where('position', '=', position)
        .where('status', '=', 'queued')
        .returning(['id', 'owner', 'attempt', 'experiment', 'search', 'progress'])
        .executeTakeFirst();
      if (row === undefined) return null;
      await recordTurn(db, row.owner);
      await this.#event(db, row.id, 'status', { status: 'running' });
      return {
        id: row.id,
        owner: row.owner,
        attempt: row.attempt,
        experiment: JSON.parse(row.experiment) as Experiment,
        search: parse(row.search),
        completed_trials: parse(row.progress).completed_trials,
      };
    });
  }

  async #fenced(
    db: Database,
    { id, attempt }: ClaimedJob,
    values: UpdateObject<Tables, 'jobs'>,
  ): Promise<void> {
    const { numUpdatedRows } = await db
      .updateTable('jobs')
      .set(values)
      .where('id', '=', id)
      .where('attempt', '=', attempt)
      .where('status', '=', 'running')
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw lost(id, attempt);
  }

  /** Says that the attempt lives. Returns whether the job is to be canceled. */
  async heartbeat({ id, attempt }: ClaimedJob): Promise<boolean> {
    const row = await this.#db
      .updateTable('jobs')
      .set({ heartbeat_at: databaseTime(this.#db) })
      .where('id', '=', id)
      .where('attempt', '=', attempt)
      .where('status', '=', 'running')
      .returning('cancel_requested_at')
      .executeTakeFirst();
    if (row === undefined) throw lost(id, attempt);
    return row.cancel_requested_at !== null;
  }

  progress(job: ClaimedJob, progress: Progress, etaSeconds: number | null): Promise<void> {
    const { completed_trials, total_trials } = progress;
    const fraction = total_trials === 0 ? 0 : completed_trials / total_trials;
    const data = { ...progress, fraction, eta_s: etaSeconds };
    return this.#db.transaction().execute(async (db) => {
      await this.#fenced(db, job, { progress: JSON.stringify(data), heartbeat_at: databaseTime(db) });
      await this.#event(db, job.id, 'progress', data);
    });
  }

  async knownTrial(job: ClaimedJob, key: string): Promise<Trace | null> {
    const row = await this.#db
      .selectFrom('trials')
      .select('trace')
      .where('job_id', '=', job.id)
      .where('key', '=', key)
      .executeTakeFirst();
    return row === undefined ? null : decodeTrace(row.trace);
  }

  /** A finished trial is a checkpoint; it also proves that the job makes progress, so earlier crashes are forgiven. */
  storeTrial(job: ClaimedJob, key: string, trace: Trace): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      await this.#fenced(db, job, { crash_score: 0 });
      const row = { job_id: job.id, key, trace: encodeTrace(trace) };
      await db
        .insertInto('trials')
        .values(row)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }

  async nameRun(job: ClaimedJob, run: string, key: string): Promise<void> {
    const row = { job_id: job.id, run, key };
    await this.#db
      .insertInto('runs')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }

  #finish(job: ClaimedJob, status: JobStatus, values: UpdateObject<Tables, 'jobs'>): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      await this.#fenced(db, job, { ...values, status, finished_at: now() });
      await this.#event(db, job.id, 'status', { status });
    });
  }

  async succeed(job: ClaimedJob, result: Buffer, summary: NonNullable<Job['summary']>): Promise<void> {
    const progress = parse(
      (
        await this.#db
          .selectFrom('jobs')
          .select('progress')
          .where('id', '=', job.id)
          .executeTakeFirstOrThrow()
      ).progress,
    );
    const done = {
      ...progress,
      phase: 'report',
      total_trials: progress.completed_trials,
      fraction: 1,
      eta_s: 0,
    };
    await this.#finish(job, 'succeeded', {
      result,
      summary: JSON.stringify(summary),
      progress: JSON.stringify(done),
    });
  }

  fail(job: ClaimedJob, error: NonNullable<Job['error']>): Promise<void> {
    return this.#finish(job, 'failed', { error: JSON.stringify(error) });
  }

  canceled(job: ClaimedJob): Promise<void> {
    return this.#finish(job, 'canceled', {});
  }

  /** Gives a running job back to the queue: after an orderly shutdown, or with what counts against it after a crash. */
  release(job: ClaimedJob, crashScore?: number): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      const score = crashScore === undefined ? {} : { crash_score: crashScore };
      await this.#fenced(db, job, { status: 'queued', ...score });
      await this.#event(db, job.id, 'status', { status: 'queued' });
    });
  }

  /** Running jobs that have not been heard of for some seconds; null: all of them. */
  async orphans(
    silentSeconds: number | null,
  ): Promise<(ClaimedJob & { crash_score: number; ran_ms: number; cancel_requested: boolean })[]> {
    let query = this.#db
      .selectFrom('jobs')
      .select([...columns, 'experiment'])
      .where('status', '=', 'running');
    if (silentSeconds !== null) {
      const silentSince = databaseTime(this.#db, silentSeconds);
      // Nobody alive is that far ahead: it was written before the database's clock was set back.
      const ahead = databaseTime(this.#db, -silentSeconds);
      query = query.where((eb) =>
        eb.or([eb('heartbeat_at', '<=', silentSince), eb('heartbeat_at', '>', ahead)]),
      );
    }
    const rows = await query.execute();
    return rows.map((row) => ({
      id: row.id,
      owner: row.owner,
      attempt: row.attempt,
      experiment: JSON.parse(row.experiment) as Experiment,
      search: parse(row.search),
      completed_trials: parse(row.progress).completed_trials,
      crash_score: row.crash_score,
      ran_ms:
        Date.parse(row.heartbeat_at ?? row.created_at) - Date.parse(row.attempt_started_at ?? row.created_at),
      cancel_requested: row.cancel_requested_at !== null,
    }));
  }
}
