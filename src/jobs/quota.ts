/** @file What one owner may have in the queue and use in an hour, from a record that deleting a job does not shorten. */
import type { Transaction } from 'kysely';
import { databaseTime } from './dialect.ts';
import type { Tables } from './tables.ts';

export interface Quota {
  readonly max_queued_jobs: number;
  /** At once; matters where several jobs run at once. */
  readonly max_running_jobs: number;
  /** Estimated FLOPs of the jobs submitted within an hour. */
  readonly max_flops_per_hour: number;
  readonly max_job_seconds: number;
}

export interface QuotaExcess {
  readonly detail: string;
  readonly retry_after_s: number;
}

const HOUR_MS = 3_600_000;
/** The database's clock may be corrected by so much without any harm. */
const CLOCK_TOLERANCE_S = 60;
/** When a queue gets shorter cannot be told; asking every so often costs little. */
const RETRY_QUEUE_S = 30;

interface Use {
  readonly flops: number;
  readonly created_at: string;
}

/** Seconds until so much of the hour's use is an hour old that `flops` fit. */
function secondsUntilFree(uses: readonly Use[], flops: number, limit: number): number {
  let used = uses.reduce((sum, use) => sum + use.flops, 0);
  for (const use of uses) {
    used -= use.flops;
    if (used + flops <= limit) {
      return Math.max(1, Math.ceil((Date.parse(use.created_at) + HOUR_MS - Date.now()) / 1000));
    }
  }
  return HOUR_MS / 1000;
}

/** The limit that a submission would exceed, or null. Call it within the transaction that stores the job. */
export async function quotaExcess(
  db: Transaction<Tables>,
  owner: string,
  flops: number,
  quota: Quota,
): Promise<QuotaExcess | null> {
  const { queued } = await db
    .selectFrom('jobs')
    .where('owner', '=', owner)
    .where('status', '=', 'queued')
    .select((eb) => eb.fn.countAll<number>().as('queued'))
    .executeTakeFirstOrThrow();
  if (Number(queued) >= quota.max_queued_jobs) {
    return { detail: `${queued} jobs are queued already, as many as may be`, retry_after_s: RETRY_QUEUE_S };
  }
  const used = await usedWithinTheHour(db, owner);
  if (used + flops <= quota.max_flops_per_hour) return null;
  const uses = await db
    .selectFrom('submissions')
    .select(['flops', 'created_at'])
    .where('owner', '=', owner)
    .orderBy('created_at')
    .execute();
  return {
    detail: `${used.toPrecision(3)} FLOPs were submitted within an hour; ${flops.toPrecision(3)} more would be over ${quota.max_flops_per_hour.toPrecision(3)}`,
    retry_after_s: secondsUntilFree(uses, flops, quota.max_flops_per_hour),
  };
}

/** FLOPs; forgets what is older. A time that is yet to come was written before the clock was set back: nobody knows how old it is. */
async function usedWithinTheHour(db: Transaction<Tables>, owner: string): Promise<number> {
  await db
    .deleteFrom('submissions')
    .where('owner', '=', owner)
    .where((eb) =>
      eb.or([
        eb('created_at', '<', databaseTime(db, HOUR_MS / 1000)),
        eb('created_at', '>', databaseTime(db, -CLOCK_TOLERANCE_S)),
      ]),
    )
    .execute();
  const { used } = await db
    .selectFrom('submissions')
    .where('owner', '=', owner)
    .select((eb) => eb.fn.sum<number | null>('flops').as('used'))
    .executeTakeFirstOrThrow();
  return Number(used ?? 0);
}

export async function recordUse(db: Transaction<Tables>, owner: string, flops: number): Promise<void> {
  await db
    .insertInto('submissions')
    .values({ owner, flops, created_at: databaseTime(db) })
    .execute();
}
