/** @file Jobs in the database, for the worker that runs them. Every write of a running job is fenced by its attempt. */
import type { Kysely, Transaction, UpdateObject } from 'kysely';
import type { Outcome } from '../statistics/index.ts';
import type { Machines, Progress, SearchOptions } from '../study/index.ts';
import { encodeNonFinite } from '../util/json.ts';
import { databaseTime, lock, relaxed } from './dialect.ts';
import { appendEvent } from './events.ts';
import { type Attempt, fenced, lost } from './fence.ts';
import type { Job, JobStatus } from './job.ts';
import type { LossData } from './losses.ts';
import { type MachineKind, machineKind } from './machine.ts';
import { type Room, unlimited } from './room.ts';
import { parse } from './rows.ts';
import { removeSnapshots } from './snapshots.ts';
import type { Tables } from './tables.ts';
import { machinesOf, recordTrial } from './trial_rows.ts';
import { nextInTurn, recordTurn } from './turn.ts';

export interface ClaimedJob extends Attempt {
  readonly owner: string;
  /** As it was accepted, perhaps by an earlier version: JSON, by `packText`. */
  readonly experiment: Uint8Array;
  readonly search: SearchOptions | null;
  /** Trials that earlier attempts had completed. */
  readonly completed_trials: number;
}

export interface Orphan extends Attempt {
  readonly crash_score: number;
  /** From the start of the attempt to its last heartbeat. */
  readonly ran_ms: number;
  readonly cancel_requested: boolean;
}

export class Attempts {
  readonly #db: Kysely<Tables>;
  readonly #room: Room;
  readonly #machine: MachineKind;

  constructor(db: Kysely<Tables>, room: Room = unlimited, machine: MachineKind = machineKind()) {
    this.#db = db;
    this.#room = room;
    this.#machine = machine;
  }

  /** Stores something: not from the reserve of the disk. */
  async #store<T>(bytes: number, work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    this.#room.expect(bytes);
    return this.#db.transaction().execute(work);
  }

  /** Stores what another attempt would make again. */
  #storeRelaxed<T>(bytes: number, work: (db: Transaction<Tables>) => Promise<T>): Promise<T> {
    this.#room.expect(bytes);
    return relaxed(this.#db, work);
  }

  /** Ends an attempt, which the reserve is for. */
  #conclude(work: (db: Transaction<Tables>) => Promise<void>): Promise<void> {
    return this.#room.essential(() => this.#db.transaction().execute(work));
  }

  /**
   * The oldest queued job of the owner whose turn it is becomes this attempt's. Workers claim one after another: turns and
   * limits are counted over all of them.
   * @param maxRunning jobs that an owner may have running at once
   */
  claim(maxRunning: (owner: string) => number): Promise<ClaimedJob | null> {
    return this.#store(0, async (db) => {
      await lock(db, 'claim');
      for (;;) {
        const position = await nextInTurn(db, maxRunning);
        if (position === undefined) return null;
        const job = await this.#claimAt(db, position);
        // Else it was canceled in the meantime, which makes it the next one's turn.
        if (job !== null) return job;
      }
    });
  }

  async #claimAt(db: Transaction<Tables>, position: number): Promise<ClaimedJob | null> {
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
      .returning(['id', 'owner', 'attempt', 'search', 'progress'])
      .executeTakeFirst();
    if (row === undefined) return null;
    const { id, owner, attempt } = row;
    if (attempt === 1) await recordTurn(db, owner);
    await appendEvent(db, id, 'status', { status: 'running' });
    const { experiment } = await db
      .selectFrom('experiments')
      .select('experiment')
      .where('job_id', '=', id)
      .executeTakeFirstOrThrow();
    return {
      ...{ id, owner, attempt, experiment, search: parse(row.search) },
      completed_trials: parse(row.progress).completed_trials,
    };
  }

  /** Says that the attempt lives. Returns whether the job is to be canceled. */
  async heartbeat({ id, attempt }: Attempt): Promise<boolean> {
    const row = await relaxed(this.#db, (db) =>
      db
        .updateTable('jobs')
        .set({ heartbeat_at: databaseTime(db) })
        .where('id', '=', id)
        .where('attempt', '=', attempt)
        .where('status', '=', 'running')
        .returning('cancel_requested_at')
        .executeTakeFirst(),
    );
    if (row === undefined) throw lost({ id, attempt });
    return row.cancel_requested_at !== null;
  }

  progress(job: Attempt, progress: Progress, etaSeconds: number | null): Promise<void> {
    const { completed_trials, total_trials } = progress;
    const fraction = total_trials === 0 ? 0 : completed_trials / total_trials;
    const data = { ...progress, fraction, eta_s: etaSeconds };
    return this.#storeRelaxed(0, async (db) => {
      await fenced(db, job, { progress: JSON.stringify(data), heartbeat_at: databaseTime(db) });
      await appendEvent(db, job.id, 'progress', data);
    });
  }

  /** Some losses of a training that runs. */
  losses(job: Attempt, data: LossData): Promise<void> {
    return relaxed(this.#db, async (db) => {
      await fenced(db, job, { heartbeat_at: databaseTime(db) });
      await appendEvent(db, job.id, 'losses', data);
    });
  }

  /** The trace of a finished trial, by `encodeTrace`; null while there is none. */
  async storedTrial({ id }: Attempt, key: string): Promise<Uint8Array | null> {
    const row = await this.#db
      .selectFrom('trials')
      .select('trace')
      .where('job_id', '=', id)
      .where('key', '=', key)
      .executeTakeFirst();
    return row?.trace ?? null;
  }

  /**
   * A finished trial is a checkpoint; it also proves that the job makes progress, so earlier crashes are forgiven.
   * @param encoded its trace, by `encodeTrace`
   */
  storeTrial(job: Attempt, key: string, encoded: Uint8Array): Promise<void> {
    return this.#storeRelaxed(encoded.byteLength, async (db) => {
      await fenced(db, job, { crash_score: 0 });
      await recordTrial(db, job.id, key, encoded, this.#machine);
    });
  }

  /** The kinds of machines that have trained the runs of a job. */
  machinesOf({ id }: Attempt): Promise<Machines> {
    return machinesOf(this.#db, id);
  }

  /** Says which trial the statistics of a run are, and what it came to. */
  nameRun(job: Attempt, run: string, key: string, came: Outcome): Promise<void> {
    const outcome = JSON.stringify(encodeNonFinite(came));
    return this.#storeRelaxed(0, async (db) => {
      await fenced(db, job, { heartbeat_at: databaseTime(db) });
      await db
        .insertInto('runs')
        .values({ job_id: job.id, run, key, outcome })
        .onConflict((conflict) => conflict.columns(['job_id', 'run']).doUpdateSet({ key, outcome }))
        .execute();
    });
  }

  async #finish(
    db: Transaction<Tables>,
    job: Attempt,
    status: JobStatus,
    values: UpdateObject<Tables, 'jobs'>,
  ): Promise<void> {
    await fenced(db, job, { ...values, status, finished_at: databaseTime(db) });
    // Whatever was ordered and is not trained yet, nobody waits for.
    await db.deleteFrom('orders').where('job_id', '=', job.id).execute();
    await removeSnapshots(db, job.id);
    await appendEvent(db, job.id, 'status', { status });
  }

  succeed(job: Attempt, result: Buffer, summary: NonNullable<Job['summary']>): Promise<void> {
    return this.#store(result.byteLength, async (db) => {
      const row = db.selectFrom('jobs').select('progress').where('id', '=', job.id);
      const progress = parse((await row.executeTakeFirst())?.progress ?? null);
      const total_trials = progress?.completed_trials;
      const done = { ...progress, phase: 'report', total_trials, fraction: 1, eta_s: 0 };
      await this.#finish(db, job, 'succeeded', {
        summary: JSON.stringify(summary),
        progress: JSON.stringify(done),
      });
      await db.insertInto('results').values({ job_id: job.id, result }).execute();
    });
  }

  fail(job: Attempt, error: NonNullable<Job['error']>): Promise<void> {
    return this.#conclude((db) => this.#finish(db, job, 'failed', { error: JSON.stringify(error) }));
  }

  canceled(job: Attempt): Promise<void> {
    return this.#conclude((db) => this.#finish(db, job, 'canceled', {}));
  }

  /** Gives a running job back to the queue: after an orderly shutdown, or with what counts against it after a crash. */
  release(job: Attempt, crashScore?: number): Promise<void> {
    return this.#conclude(async (db) => {
      const score = crashScore === undefined ? {} : { crash_score: crashScore };
      await fenced(db, job, { status: 'queued', ...score });
      await appendEvent(db, job.id, 'status', { status: 'queued' });
    });
  }

  /** A process that was taken for dead and lives: the job has not killed it. */
  async acquit({ id }: Attempt): Promise<void> {
    await this.#db.updateTable('jobs').set({ crash_score: 0 }).where('id', '=', id).execute();
  }

  /** Running jobs that have not been heard of for some seconds; null: all of them. */
  async orphans(silentSeconds: number | null): Promise<Orphan[]> {
    let query = this.#db.selectFrom('jobs').selectAll().where('status', '=', 'running');
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
      attempt: row.attempt,
      crash_score: row.crash_score,
      ran_ms:
        Date.parse(row.heartbeat_at ?? row.created_at) - Date.parse(row.attempt_started_at ?? row.created_at),
      cancel_requested: row.cancel_requested_at !== null,
    }));
  }
}
