/**
 * @file Orders: trials of running studies that any process may train. The table is their record; the messages of the queue that
 * processes share can be sent anew from it. A result is stored once, whoever comes first.
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import { type Message, nextTurn, type Queue } from '../queue/index.ts';
import { announce, TRAINER } from './announcements.ts';
import type { ClaimedJob } from './attempts.ts';
import { databaseTime } from './dialect.ts';
import { appendEvent } from './events.ts';
import { type Attempt, held } from './fence.ts';
import type { LossData } from './losses.ts';
import type { MachineKind } from './machine.ts';
import { removeSnapshots } from './snapshots.ts';
import type { Tables } from './tables.ts';
import { recordTrial } from './trial_rows.ts';

/** A trial, so that another process can train it. */
export interface NewOrder {
  readonly key: string;
  readonly run: string;
  readonly seed: number;
  readonly keepWeights: boolean;
  /** By `packTrial`. */
  readonly experiment: Buffer;
  /** The estimated time of one thread. */
  readonly seconds: number;
  /** The span that the training belongs to, as W3C Trace Context writes it; null where nothing is traced. */
  readonly traceparent: string | null;
}

export interface StartedOrder extends NewOrder {
  readonly job: string;
  /** Times that somebody began it and was not heard of again, this one included. */
  readonly starts: number;
}

/** Why no result will come. */
export interface OrderFailure {
  readonly code: string | null;
  readonly detail: string;
}

/** `gone`: from the table of orders; perhaps it has been trained in this moment, perhaps it has to be placed again. */
export type OrderOutcome = 'trained' | 'gone' | OrderFailure;

type OrderName = Pick<Message, 'job' | 'key'>;

/** A queue for each kind of machine, so that the trials of a study stay on one kind. */
export const queueName = ({ id }: MachineKind): string => `trials-${id}`;

export class Orders {
  readonly #db: Kysely<Tables>;
  readonly #queue: Queue<Transaction<Tables>>;
  readonly #machine: MachineKind;

  constructor(db: Kysely<Tables>, queue: Queue<Transaction<Tables>>, machine: MachineKind) {
    this.#db = db;
    this.#queue = queue;
    this.#machine = machine;
  }

  /**
   * All or none. One that is there already stays as it is: what an earlier attempt ordered is as good.
   * @param placed of different keys; in their turn as they stand
   * @throws LostAttempt
   */
  place(job: Pick<ClaimedJob, 'owner' | keyof Attempt>, placed: readonly NewOrder[]): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      await held(db, job);
      let { least, own } = await this.#clocks(db, job.owner);
      const rows = placed.map(({ keepWeights, ...order }) => {
        const turn = nextTurn(least, own);
        own = turn + order.seconds;
        least = Math.min(least ?? turn, turn);
        return {
          ...order,
          ...{ job_id: job.id, owner: job.owner, machine: this.#machine.id, turn, starts: 0 },
          ...{ keep_weights: Number(keepWeights), taken_at: null, failure: null },
        };
      });
      const added = await db
        .insertInto('orders')
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .returning(['key', 'turn'])
        .execute();
      if (added.length === 0) return;
      const messages = added.map(({ key, turn }) => ({ job: job.id, key, turn }));
      await this.#queue.enqueue(messages, db);
      await announce(db, { kind: 'trial', job: job.id });
    });
  }

  /** The least turn that waits, and where the owner's clock stands: for `nextTurn`. */
  async #clocks(
    db: Transaction<Tables>,
    owner: string,
  ): Promise<{ least: number | null; own: number | null }> {
    const least = db
      .selectFrom('orders')
      .where('taken_at', 'is', null)
      .where('failure', 'is', null)
      .select((eb) => eb.fn.min<number | null>('turn').as('turn'));
    const own = db
      .selectFrom('orders')
      .where('owner', '=', owner)
      .where('failure', 'is', null)
      .select((eb) => eb.fn.max<number | null>(eb('turn', '+', eb.ref('seconds'))).as('turn'));
    return db.selectNoFrom([least.as('least'), own.as('own')]).executeTakeFirstOrThrow();
  }

  /** Processes that train what is ordered, this one included. */
  async trainers(): Promise<number> {
    const { rows } = await sql<{ processes: number }>`
      select count(*)::integer as processes from pg_stat_activity
      where datname = current_database() and application_name = ${TRAINER}`.execute(this.#db);
    return rows[0]?.processes ?? 1;
  }

  /** How many wait or are at work, of whatever job. */
  async open(): Promise<number> {
    const { open } = await this.#db
      .selectFrom('orders')
      .where('failure', 'is', null)
      .select((eb) => eb.fn.countAll<number | string>().as('open'))
      .executeTakeFirstOrThrow();
    return Number(open);
  }

  /** Null where nobody needs it any more: it is trained, or its job has ended. */
  async start({ job, key }: OrderName): Promise<StartedOrder | null> {
    const row = await this.#db
      .updateTable('orders')
      .set((eb) => ({ starts: eb('starts', '+', 1), taken_at: databaseTime(this.#db) }))
      .where('job_id', '=', job)
      .where('key', '=', key)
      .where('failure', 'is', null)
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return null;
    const { job_id, keep_weights, owner, machine, turn, taken_at, failure, ...order } = row;
    return { ...order, job: job_id, keepWeights: keep_weights !== 0 };
  }

  /** The experiment of the job, as it was accepted: JSON, by `packText`. */
  async experimentOf(job: string): Promise<Uint8Array> {
    const { experiment } = await this.#db
      .selectFrom('experiments')
      .select('experiment')
      .where('job_id', '=', job)
      .executeTakeFirstOrThrow();
    return experiment;
  }

  /** Those that somebody still waits for. */
  async wanted(names: readonly OrderName[]): Promise<OrderName[]> {
    if (names.length === 0) return [];
    const rows = await this.#db
      .selectFrom('orders')
      .innerJoin('jobs', 'jobs.id', 'orders.job_id')
      .select(['job_id', 'key'])
      .where('failure', 'is', null)
      .where('cancel_requested_at', 'is', null)
      .where((eb) => eb.or(names.map(({ job, key }) => eb.and({ job_id: job, key }))))
      .execute();
    return rows.map(({ job_id, key }) => ({ job: job_id, key }));
  }

  /** Stores the first result that arrives; every training gives the same bits. @param encoded the trace, by `encodeTrace` */
  finish({ job, key }: OrderName, encoded: Uint8Array): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      // The row of the job first, as everybody does. A finished trial proves progress: earlier crashes are forgiven.
      await db
        .updateTable('jobs')
        .set({ crash_score: 0 })
        .where('id', '=', job)
        .where('crash_score', '>', 0)
        .execute();
      const waits = await db
        .selectFrom('jobs')
        .select('id')
        .where('id', '=', job)
        .where('status', 'in', ['running', 'queued'])
        .forShare()
        .executeTakeFirst();
      await db.deleteFrom('orders').where('job_id', '=', job).where('key', '=', key).execute();
      if (waits === undefined) return;
      await recordTrial(db, job, key, encoded, this.#machine);
      await announce(db, { kind: 'trained', job });
    });
  }

  fail({ job, key }: OrderName, failure: OrderFailure): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      await db
        .updateTable('orders')
        .set({ failure: JSON.stringify(failure) })
        .where('job_id', '=', job)
        .where('key', '=', key)
        .execute();
      await removeSnapshots(db, job, key);
      await announce(db, { kind: 'trained', job });
    });
  }

  /** Who began it ends in good order: that start does not count. */
  giveBack({ job, key }: OrderName): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      await db
        .updateTable('orders')
        .set((eb) => ({ starts: eb('starts', '-', 1), taken_at: null }))
        .where('job_id', '=', job)
        .where('key', '=', key)
        .execute();
      await announce(db, { kind: 'trial', job });
    });
  }

  /** Some losses of a training that runs; of one whose job has ended nobody needs them. */
  losses(job: string, data: LossData): Promise<void> {
    return this.#db.transaction().execute(async (db) => {
      const { numUpdatedRows } = await db
        .updateTable('jobs')
        .set((eb) => ({ crash_score: eb.ref('crash_score') }))
        .where('id', '=', job)
        .where('status', '=', 'running')
        .executeTakeFirst();
      if (numUpdatedRows > 0n) await appendEvent(db, job, 'losses', data);
    });
  }

  /** The outcomes of some orders of a job. Orders that still wait or are being trained are left out. */
  async outcomes(job: string, keys: readonly string[]): Promise<Map<string, OrderOutcome>> {
    const trained = await this.#db
      .selectFrom('trials')
      .select('key')
      .where('job_id', '=', job)
      .where('key', 'in', keys)
      .execute();
    const ordered = await this.#db
      .selectFrom('orders')
      .select(['key', 'failure'])
      .where('job_id', '=', job)
      .where('key', 'in', keys)
      .execute();
    const outcomes = new Map<string, OrderOutcome>(keys.map((key) => [key, 'gone']));
    for (const { key, failure } of ordered) {
      if (failure === null) outcomes.delete(key);
      else outcomes.set(key, JSON.parse(failure) as OrderFailure);
    }
    for (const { key } of trained) outcomes.set(key, 'trained');
    return outcomes;
  }

  /** Sends the messages of a job's orders; those that the queue holds are there once. After a restore it holds none. */
  async sendAnew(job: string): Promise<void> {
    const rows = await this.#db
      .selectFrom('orders')
      .select(['key', 'turn'])
      .where('job_id', '=', job)
      .where('failure', 'is', null)
      .execute();
    if (rows.length > 0) await this.#queue.enqueue(rows.map(({ key, turn }) => ({ job, key, turn })));
  }
}
