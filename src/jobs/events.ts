/** @file The events of a job: appended with what they tell of, numbered without gaps, announced to all replicas. */
import { type Kysely, sql, type Transaction } from 'kysely';
import { announce } from './announcements.ts';
import { queueDelivery } from './deliveries.ts';
import { databaseTime } from './dialect.ts';
import type { JobEvent } from './job.ts';
import type { Tables } from './tables.ts';

/** The caller's transaction has changed the job's row before: its lock keeps the numbers of events apart. */
export async function appendEvent(
  db: Transaction<Tables>,
  job: string,
  type: JobEvent['type'],
  data: object,
): Promise<void> {
  const last = db
    .selectFrom('events')
    .where('job_id', '=', job)
    .select(sql<number>`coalesce(max(seq), 0) + 1`.as('seq'));
  const { seq } = await last.executeTakeFirstOrThrow();
  const row = { job_id: job, seq, type, data: JSON.stringify(data), created_at: databaseTime(db) };
  await db.insertInto('events').values(row).execute();
  if (type === 'status') await queueDelivery(db, job, String((data as { status: string }).status));
  const queued = 'status' in data && data.status === 'queued';
  await announce(db, { kind: queued ? 'queued' : 'event', job });
}

/** Those with seq > after, oldest first. */
export async function readEvents(
  db: Kysely<Tables>,
  job: string,
  after: number,
  limit: number,
): Promise<JobEvent[]> {
  const rows = await db
    .selectFrom('events')
    .select(['seq', 'type', 'data', 'created_at'])
    .where('job_id', '=', job)
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
