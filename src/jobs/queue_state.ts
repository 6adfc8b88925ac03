/** @file What waits and what runs, of all owners: numbers for those who watch the service, or give it more machines. */
import { type Kysely, sql } from 'kysely';
import { databaseTime, numberIn } from './dialect.ts';
import type { JobStatus } from './job.ts';
import type { Tables } from './tables.ts';

export interface QueueState {
  readonly queued: number;
  readonly running: number;
  /** Since the oldest queued job was accepted. */
  readonly oldest_age_s: number;
  /** Estimated work of the queued jobs, in seconds of all threads of a process. */
  readonly jobs_s: number;
  /** Estimated work of the trials that wait for any process, in seconds of one thread. */
  readonly trials_s: number;
}

/** While the database does not answer. */
export const UNKNOWN_QUEUE: QueueState = {
  queued: Number.NaN,
  running: Number.NaN,
  oldest_age_s: Number.NaN,
  jobs_s: Number.NaN,
  trials_s: Number.NaN,
};

export async function queueState(db: Kysely<Tables>): Promise<QueueState> {
  const rows = await db
    .selectFrom('jobs')
    .where('status', 'in', ['queued', 'running'])
    .groupBy('status')
    .select(({ fn }) => [
      'status',
      fn.countAll<number>().as('count'),
      fn.min('created_at').as('oldest'),
      sql<number>`sum(${numberIn(db, 'estimate', 'duration_s')})`.as('seconds'),
      databaseTime(db).as('now'),
    ])
    .execute();
  const of = (status: JobStatus) => rows.find((row) => row.status === status);
  const { count = 0, oldest, now, seconds = 0 } = of('queued') ?? {};
  const age = oldest === undefined || now === undefined ? 0 : Date.parse(now) - Date.parse(oldest);
  const { trials_s } = await db
    .selectFrom('orders')
    .where('taken_at', 'is', null)
    .where('failure', 'is', null)
    .select(({ fn }) => fn.sum<number | null>('seconds').as('trials_s'))
    .executeTakeFirstOrThrow();
  return {
    queued: count,
    running: of('running')?.count ?? 0,
    oldest_age_s: Math.max(0, age / 1000),
    jobs_s: Number(seconds),
    trials_s: Number(trials_s ?? 0),
  };
}
