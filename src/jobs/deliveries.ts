/** @file Events of jobs that a webhook waits for: written with the event itself, so that none is lost. */
import type { Kysely, Transaction } from 'kysely';
import { ulid } from 'ulid';
import type { DeliveryQueue, Webhook } from '../webhooks/index.ts';
import { databaseTime, isPostgres } from './dialect.ts';
import type { Tables } from './migrations.ts';
import { parse, toJob } from './rows.ts';

/** In the transaction that has given the job this status. */
export async function queueDelivery(db: Transaction<Tables>, id: string, status: string): Promise<void> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  const webhook = parse(row?.webhook ?? null) as Webhook | null;
  const type = `job.${status}`;
  if (row === undefined || !webhook?.events.some((event) => event === type)) return;
  const payload = JSON.stringify({ type, timestamp: row.finished_at, data: toJob(row) });
  const next_at = databaseTime(db);
  const delivery = { id: `msg_${ulid()}`, owner: row.owner, job_id: id, url: webhook.url };
  await db
    .insertInto('deliveries')
    .values({ ...delivery, payload, attempts: 0, next_at })
    .execute();
}

export const createDeliveryQueue = (db: Kysely<Tables>): DeliveryQueue => ({
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
  async remove(id) {
    await db.deleteFrom('deliveries').where('id', '=', id).execute();
  },
  async postpone(id, seconds) {
    const next_at = databaseTime(db, -seconds);
    await db.updateTable('deliveries').set({ next_at }).where('id', '=', id).execute();
  },
});
