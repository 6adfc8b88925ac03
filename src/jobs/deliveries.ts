/** @file Events of jobs that a webhook waits for: written with the event itself, so that none is lost. */
import type { Kysely, Transaction } from 'kysely';
import { ulid } from 'ulid';
import {
  type Delivery,
  type DeliveryQueue,
  type DeliveryState,
  undelivered,
  type Webhook,
} from '../webhooks/index.ts';
import { databaseTime, isPostgres } from './dialect.ts';
import { parse, toJob } from './rows.ts';
import type { Tables } from './tables.ts';

/** In the transaction that has given the job this status. */
export async function queueDelivery(db: Transaction<Tables>, id: string, status: string): Promise<void> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  const webhook = parse(row?.webhook ?? null) as Webhook | null;
  const type = `job.${status}`;
  if (row === undefined || !webhook?.events.some((event) => event === type)) return;
  const told = { delivery: JSON.stringify(undelivered) };
  await db.updateTable('jobs').set(told).where('id', '=', id).execute();
  const payload = JSON.stringify({ type, timestamp: row.finished_at, data: toJob({ ...row, ...told }) });
  const next_at = databaseTime(db);
  const delivery = { id: `msg_${ulid()}`, owner: row.owner, job_id: id, url: webhook.url };
  await db
    .insertInto('deliveries')
    .values({ ...delivery, payload, attempts: 0, next_at })
    .execute();
}

/**
 * @returns how many attempts were made; null where it is no longer for this one to say what becomes of the delivery: somebody else
 * makes a later one, or has delivered it. To have arrived is final, whichever attempt it was.
 */
async function settled(
  db: Transaction<Tables>,
  { id, attempts }: Delivery,
  state: DeliveryState['state'],
  retrySeconds: number,
): Promise<number | null> {
  const latest = { id, attempts };
  const next_at = databaseTime(db, -retrySeconds);
  const update = db.updateTable('deliveries').set({ next_at }).returning('attempts');
  const removal = db.deleteFrom('deliveries').returning('attempts');
  const row = await (state === 'pending'
    ? update.where((eb) => eb.and(latest)).executeTakeFirst()
    : removal.where((eb) => eb.and(state === 'delivered' ? { id } : latest)).executeTakeFirst());
  return row?.attempts ?? null;
}

/** @param onChange hears of jobs whose delivery has come to something */
export const createDeliveryQueue = (
  db: Kysely<Tables>,
  onChange: (job: string) => void = () => {},
): DeliveryQueue => ({
  async claim(count, leaseSeconds) {
    const due = db
      .selectFrom('deliveries')
      .select('id')
      .where('next_at', '<=', databaseTime(db))
      .orderBy('next_at')
      .limit(count);
    return db
      .updateTable('deliveries')
      .set((eb) => ({ attempts: eb('attempts', '+', 1), next_at: databaseTime(db, -leaseSeconds) }))
      .where('id', 'in', isPostgres(db) ? due.forUpdate().skipLocked() : due)
      .returning(['id', 'owner', 'job_id', 'url', 'payload', 'attempts'])
      .execute();
  },
  async settle(delivery, { state, ...last }, retrySeconds) {
    const { job_id } = delivery;
    await db.transaction().execute(async (transaction) => {
      const attempts = await settled(transaction, delivery, state, retrySeconds);
      if (attempts === null) return;
      const { at } = await transaction.selectNoFrom(databaseTime(db).as('at')).executeTakeFirstOrThrow();
      const told: DeliveryState = { state, attempts, ...last, at };
      const values = { delivery: JSON.stringify(told) };
      await transaction.updateTable('jobs').set(values).where('id', '=', job_id).execute();
    });
    onChange(job_id);
  },
});
