/** @file Jobs in the database, for those who submit and read them. What a worker writes: attempts.ts. */
import { type Kysely, sql, type Transaction } from 'kysely';
import { ulid } from 'ulid';
import type { Outcome } from '../statistics/index.ts';
import { present } from '../util/assert.ts';
import { announce } from './announcements.ts';
import { databaseTime, isPostgres, lock, searchable } from './dialect.ts';
import { appendEvent, readEvents } from './events.ts';
import { matches, windowOf } from './filters.ts';
import type {
  Job,
  JobEvent,
  JobFilter,
  JobPage,
  JobQuery,
  JobStatus,
  OwnedSubmission,
  Posted,
  RemoveOutcome,
  SubmitOutcome,
} from './job.ts';
import { type Quota, quotaExcess, recordUse } from './quota.ts';
import { type Room, unlimited } from './room.ts';
import { decodeCursor, encodeCursor, parse, type Row, submittedRow, toJob } from './rows.ts';
import { removeSnapshots } from './snapshots.ts';
import type { Tables } from './tables.ts';

type Database = Kysely<Tables> | Transaction<Tables>;

const IDEMPOTENCY_S = 24 * 3600;
/** What a job takes at least, with its events: whoever is ready takes any job that is no larger. */
const JOB_BYTES = 2 ** 16;
/** A deletion needs room as well, for a moment. */
const REMOVED_AT_ONCE = 100;
const TERMINAL: JobStatus[] = ['succeeded', 'failed', 'canceled'];

export interface OwnedJob {
  readonly owner: string;
  readonly job: Job;
}

export class JobStore {
  readonly #db: Kysely<Tables>;
  readonly #room: Room;
  /** The last look at a list that was asked for. */
  #looks: Promise<unknown> = Promise.resolve();

  constructor(db: Kysely<Tables>, room: Room = unlimited) {
    this.#db = db;
    this.#room = room;
  }

  /** @throws what the driver throws where the database does not answer, or takes no writes */
  async ping(): Promise<void> {
    await (isPostgres(this.#db) ? sql`delete from jobs where false` : sql`select 1`).execute(this.#db);
  }

  /** Whether a job could be stored. */
  hasRoom(): boolean {
    try {
      this.#room.expect(JOB_BYTES);
      return true;
    } catch {
      return false;
    }
  }

  /** The job and its idempotency key in one transaction: once this returns, the job survives anything. */
  submit(submission: OwnedSubmission, quota: Quota): Promise<SubmitOutcome> {
    const { owner, flops, idempotency } = submission;
    const experiment = Buffer.from(submission.packed);
    return this.#db.transaction().execute(async (db) => {
      // What the owner has, counted below, cannot become more in the meantime.
      await lock(db, 'submit', owner);
      const known = idempotency === null ? null : await this.#replay(db, owner, idempotency);
      if (known !== null) return known;
      this.#room.expect(Math.max(JOB_BYTES, experiment.length));
      const excess = await quotaExcess(db, owner, flops, quota);
      if (excess !== null) return { kind: 'over_quota', ...excess };
      await recordUse(db, owner, flops);
      const id = `job_${ulid()}`;
      const created_at = databaseTime(db);
      await db
        .insertInto('jobs')
        .values({ id, created_at, ...submittedRow(submission) })
        .execute();
      await db.insertInto('experiments').values({ job_id: id, experiment }).execute();
      for (const file_id of new Set(submission.files)) {
        await db.insertInto('job_files').values({ job_id: id, file_id }).execute();
      }
      if (idempotency !== null) {
        await db
          .insertInto('idempotency_keys')
          .values({ ...idempotency, owner, job_id: id, created_at })
          .execute();
      }
      await appendEvent(db, id, 'status', { status: 'queued' });
      return { kind: 'created', job: present(await this.#read(db, id)) };
    });
  }

  /** What the same key has led to within a day; null where nothing has, or what it was is deleted. */
  async #replay(
    db: Transaction<Tables>,
    owner: string,
    { key, fingerprint }: NonNullable<OwnedSubmission['idempotency']>,
  ): Promise<SubmitOutcome | null> {
    await db
      .deleteFrom('idempotency_keys')
      .where('owner', '=', owner)
      .where('created_at', '<', databaseTime(db, IDEMPOTENCY_S))
      .execute();
    const known = await db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('owner', '=', owner)
      .where('key', '=', key)
      .executeTakeFirst();
    if (known === undefined) return null;
    if (known.fingerprint !== fingerprint) return { kind: 'conflict' };
    const job = await this.#read(db, known.job_id);
    return job === null ? null : { kind: 'replayed', job };
  }

  async #find(db: Database, id: string): Promise<OwnedJob | null> {
    const row = await db.selectFrom('jobs').selectAll().where('id', '=', searchable(id)).executeTakeFirst();
    return row === undefined ? null : { owner: row.owner, job: toJob(row) };
  }

  async #read(db: Database, id: string): Promise<Job | null> {
    return (await this.#find(db, id))?.job ?? null;
  }

  find(id: string): Promise<OwnedJob | null> {
    return this.#find(this.#db, id);
  }

  /** Newest first. @throws InvalidCursor */
  async list({ owner, limit, cursor, ...filter }: JobQuery & { readonly owner: string }): Promise<JobPage> {
    const rows: Row[] = [];
    const size = isPostgres(this.#db) ? null : windowOf(filter);
    let before = cursor === undefined ? undefined : decodeCursor(cursor);
    for (;;) {
      const look = async (from?: number) =>
        void rows.push(...(await this.#look(owner, filter, limit + 1 - rows.length, before, from)));
      if (size === null) {
        await look();
        break;
      }
      const end = await this.#inTurn(async () => {
        const from = await this.#positionAfter(owner, before, size);
        await look(from);
        return from;
      });
      if (end === undefined || rows.length > limit) break;
      before = end;
    }
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data: page.map(toJob), has_more: more, next_cursor: more ? encodeCursor(last.position) : null };
  }

  /** One look in a turn of the event loop, of all that are under way. */
  #inTurn<T>(look: () => Promise<T>): Promise<T> {
    const looked = this.#looks.then(() => new Promise((turn) => setImmediate(turn))).then(look);
    this.#looks = looked.catch(() => {});
    return looked;
  }

  /** Where a window of so many jobs ends; undefined where no more jobs are left than it takes. */
  async #positionAfter(owner: string, before: number | undefined, size: number): Promise<number | undefined> {
    let query = this.#db.selectFrom('jobs').select('position').where('owner', '=', owner);
    if (before !== undefined) query = query.where('position', '<', before);
    const row = await query
      .orderBy('position', 'desc')
      .limit(1)
      .offset(size - 1)
      .executeTakeFirst();
    return row?.position;
  }

  #look(
    owner: string,
    filter: JobFilter,
    most: number,
    before: number | undefined,
    from: number | undefined,
  ): Promise<Row[]> {
    let query = this.#db
      .selectFrom('jobs')
      .selectAll()
      .where('owner', '=', owner)
      .where((build) => matches(this.#db, build, filter));
    if (before !== undefined) query = query.where('position', '<', before);
    if (from !== undefined) query = query.where('position', '>=', from);
    return query.orderBy('position', 'desc').limit(most).execute();
  }

  async result(id: string): Promise<Buffer | null> {
    const row = await this.#db
      .selectFrom('results')
      .select('result')
      .where('job_id', '=', id)
      .executeTakeFirst();
    return row?.result ?? null;
  }

  /** As it was accepted: JSON, by `packText`. */
  async experiment(id: string): Promise<Uint8Array | null> {
    const row = await this.#db
      .selectFrom('experiments')
      .select('experiment')
      .where('job_id', '=', id)
      .executeTakeFirst();
    return row?.experiment ?? null;
  }

  async posted(id: string): Promise<Posted | null> {
    const row = await this.#db
      .selectFrom('jobs')
      .innerJoin('experiments', 'experiments.job_id', 'jobs.id')
      .select(['experiment', 'search'])
      .where('jobs.id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : { experiment: row.experiment, search: parse(row.search) };
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

  /** Of the runs, as JSON has it: what is not finite is null, and named in `non_finite`. */
  async outcomes(id: string): Promise<ReadonlyMap<string, Outcome>> {
    const query = this.#db.selectFrom('runs').select(['run', 'outcome']).where('job_id', '=', id);
    const rows = await query.where('outcome', 'is not', null).execute();
    return new Map(rows.map(({ run, outcome }) => [run, parse(outcome)]));
  }

  async encodedTrace(id: string, run: string): Promise<Uint8Array | null> {
    const row = await this.#db
      .selectFrom('runs')
      .innerJoin('trials', (join) =>
        join.onRef('trials.job_id', '=', 'runs.job_id').onRef('trials.key', '=', 'runs.key'),
      )
      .select('trace')
      .where('runs.job_id', '=', id)
      .where('run', '=', searchable(run))
      .executeTakeFirst();
    return row?.trace ?? null;
  }

  events(id: string, after: number, limit: number): Promise<JobEvent[]> {
    return readEvents(this.#db, id, after, limit);
  }

  /** A queued job is canceled at once; a running one is asked to. */
  cancel(id: string): Promise<Job | null> {
    return this.#room.essential(() => this.#cancel(id));
  }

  #cancel(id: string): Promise<Job | null> {
    return this.#db.transaction().execute(async (db) => {
      const query = db.selectFrom('jobs').select('status').where('id', '=', searchable(id));
      // Locked, or the job could pass from queued to running and back between the statements, and miss the request.
      const job = await (isPostgres(db) ? query.forUpdate() : query).executeTakeFirst();
      const time = databaseTime(db);
      if (job?.status === 'queued') {
        const values = { status: 'canceled', cancel_requested_at: time, finished_at: time };
        await db.updateTable('jobs').set(values).where('id', '=', id).execute();
        await db.deleteFrom('orders').where('job_id', '=', id).execute();
        await removeSnapshots(db, id);
        await appendEvent(db, id, 'status', { status: 'canceled' });
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
    const removal = this.#db
      .deleteFrom('jobs')
      .where('id', '=', searchable(id))
      .where('status', 'in', TERMINAL);
    const removed = await this.#room.essential(() => removal.executeTakeFirst());
    if (removed.numDeletedRows > 0n) return 'removed';
    return (await this.find(id)) === null ? 'not_found' : 'not_terminal';
  }

  /** Terminal jobs that ended so long ago, with all that belongs to them; by the database's clock. */
  async removeEnded(secondsAgo: number): Promise<number> {
    const ended = this.#db
      .selectFrom('jobs')
      .select('position')
      .where('status', 'in', TERMINAL)
      .where('finished_at', '<', databaseTime(this.#db, secondsAgo))
      .limit(REMOVED_AT_ONCE);
    // SQLite deletes on the event loop, and a job may have a hundred megabytes: each in a turn of its own.
    const together = isPostgres(this.#db) ? REMOVED_AT_ONCE : 1;
    for (let removed = 0; ; ) {
      const positions = (await ended.execute()).map(({ position }) => position);
      for (let i = 0; i < positions.length; i += together) {
        const removal = this.#db.deleteFrom('jobs').where('position', 'in', positions.slice(i, i + together));
        const { numDeletedRows } = await this.#room.essential(() => removal.executeTakeFirst());
        removed += Number(numDeletedRows);
        await new Promise((turn) => setImmediate(turn));
      }
      if (positions.length < REMOVED_AT_ONCE) return removed;
    }
  }
}
