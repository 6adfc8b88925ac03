/**
 * @file The snapshots of trainings that run: the latest of each, with the records of all before it, so that whoever repeats a
 * training of minutes goes on from there. Several may train the same trial; the one that is ahead keeps, the others only train.
 */
import type { Kysely, Transaction } from 'kysely';
import type { Logger } from 'pino';
import type { SavedTraining, Snapshot } from '../statistics/index.ts';
import { relaxed } from './dialect.ts';
import type { MachineKind } from './machine.ts';
import type { Room } from './room.ts';
import { untilStored } from './storage.ts';
import type { Tables } from './tables.ts';

/** A row of the database holds no more: large networks take many. */
const PART_BYTES = 8 * 2 ** 20;

/** The snapshots of one training. */
export interface TrialSnapshots {
  /** At least so long passes between two of them. */
  readonly seconds: number;
  /** Where the training goes on from; null begins anew. */
  latest(): Promise<SavedTraining | null>;
  /**
   * @param hasEnded whether the training needs it no more
   * @returns whether to go on keeping
   */
  keep(snapshot: Snapshot, hasEnded: () => boolean): Promise<boolean>;
}

/** All of a job's where no key is given: once nobody will go on from them. */
export async function removeSnapshots(db: Transaction<Tables>, job: string, key?: string): Promise<void> {
  let removal = db.deleteFrom('snapshots').where('job_id', '=', job);
  if (key !== undefined) removal = removal.where('key', '=', key);
  await removal.execute();
}

/** Another training of the same trial has kept one in the meantime, or nobody waits for it any more. */
class Overtaken extends Error {
  override name = 'Overtaken';
}

interface SnapshotOptions {
  readonly db: Kysely<Tables>;
  readonly room: Room;
  /** Only equal kinds go on to the same bits. */
  readonly machine: MachineKind;
  readonly seconds: number;
  readonly logger: Logger;
}

export class SnapshotStore {
  readonly #options: SnapshotOptions;

  constructor(options: SnapshotOptions) {
    this.#options = options;
  }

  /** @param isOver whether the training is to end: a database that is away is not waited for any more */
  of(job: string, key: string, isOver: () => boolean): TrialSnapshots {
    const { seconds, logger } = this.#options;
    let step = 0;
    const warn = (error: unknown) => logger.warn({ job_id: job, key, err: error }, 'snapshot of a training');
    return {
      seconds,
      latest: async () => {
        const saved = await untilStored(() => this.latest(job, key), isOver).catch(warn);
        step = saved?.step ?? 0;
        return saved ?? null;
      },
      keep: async (snapshot, hasEnded) => {
        try {
          const work = () => this.keep(job, key, step, snapshot);
          await untilStored(work, () => isOver() || hasEnded());
          step = snapshot.step;
          return true;
        } catch (error) {
          if (!(error instanceof Overtaken)) warn(error);
          return false;
        }
      },
    };
  }

  async latest(job: string, key: string): Promise<SavedTraining | null> {
    const { db, machine } = this.#options;
    const own = db.selectFrom('snapshots').where('job_id', '=', job).where('key', '=', key);
    const rows = await own
      .select(['step', 'kind', 'bytes', 'machine'])
      .orderBy('step')
      .orderBy('kind')
      .orderBy('part')
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return null;
    if (last.machine !== machine.id) {
      await db.transaction().execute((transaction) => removeSnapshots(transaction, job, key));
      return null;
    }
    const partsOf = (kind: string, step: number) =>
      Buffer.concat(rows.filter((row) => row.kind === kind && row.step === step).map(({ bytes }) => bytes));
    const steps = [...new Set(rows.map(({ step }) => step))];
    return {
      step: last.step,
      records: steps.map((step) => partsOf('records', step)),
      state: partsOf('state', last.step),
    };
  }

  /**
   * Once for each step, whoever comes first. A training that has come so far also proves that it kills no process.
   * @param before where the snapshot before this one was made; 0: there was none
   * @throws Overtaken
   */
  async keep(job: string, key: string, before: number, { step, ...content }: Snapshot): Promise<void> {
    const { db, room, machine } = this.#options;
    room.expect(content.records.byteLength + content.state.byteLength);
    await relaxed(db, async (transaction) => {
      // Nobody sees, or waits for, new rows: a large network's take seconds, and the row of the job stays free.
      let isNew = true;
      for (const kind of ['records', 'state'] as const) {
        for (const [part, bytes] of partsOf(content[kind]).entries()) {
          const { numInsertedOrUpdatedRows } = await transaction
            .insertInto('snapshots')
            .values({ ...{ job_id: job, key, step, kind, part, bytes }, machine: machine.id })
            .onConflict((conflict) => conflict.doNothing())
            .executeTakeFirst();
          isNew &&= numInsertedOrUpdatedRows === 1n;
        }
      }
      // By another, or by us without our hearing of it: equal steps are equal bits.
      if (!isNew) return;
      const { numUpdatedRows } = await transaction
        .updateTable('jobs')
        .set({ crash_score: 0 })
        .where('id', '=', job)
        .where('status', 'in', ['running', 'queued'])
        .executeTakeFirst();
      const states = await transaction
        .selectFrom('snapshots')
        .select('step')
        .distinct()
        .where('job_id', '=', job)
        .where('key', '=', key)
        .where('kind', '=', 'state')
        .where('step', '<>', step)
        .execute();
      if (numUpdatedRows === 0n || (states[0]?.step ?? 0) !== before) throw new Overtaken();
      await transaction
        .deleteFrom('snapshots')
        .where('job_id', '=', job)
        .where('key', '=', key)
        .where('kind', '=', 'state')
        .where('step', '<>', step)
        .execute();
      await transaction
        .updateTable('orders')
        .set({ starts: 1 })
        .where('job_id', '=', job)
        .where('key', '=', key)
        .execute();
    });
  }
}

function partsOf(bytes: Uint8Array): Buffer[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts = Math.ceil(whole.length / PART_BYTES);
  return Array.from({ length: parts }, (_, i) => whole.subarray(i * PART_BYTES, (i + 1) * PART_BYTES));
}
