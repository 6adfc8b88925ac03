/** @file The fence around a running job: only the attempt that owns it writes. */
import type { Kysely, Transaction, UpdateObject } from 'kysely';
import type { Tables } from './tables.ts';

/** Another attempt owns the job now. */
export class LostAttempt extends Error {
  override name = 'LostAttempt';
}

export const lost = ({ id, attempt }: Attempt) =>
  new LostAttempt(`job ${id} is no longer run by attempt ${attempt}`);

/** Who may write to a running job: one attempt at a time. */
export interface Attempt {
  readonly id: string;
  readonly attempt: number;
}

/** Changes the row of the job, and so locks it for the caller's transaction. @throws LostAttempt */
export async function fenced(
  db: Kysely<Tables>,
  { id, attempt }: Attempt,
  values: UpdateObject<Tables, 'jobs'>,
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set(values)
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .executeTakeFirst();
  if (numUpdatedRows === 0n) throw lost({ id, attempt });
}

/**
 * The same without a change, on PostgreSQL: those who only hold the row do not wait for each other, as the trials of a study that
 * come and go at once; who changes it waits for them. @throws LostAttempt
 */
export async function held(db: Transaction<Tables>, { id, attempt }: Attempt): Promise<void> {
  const row = await db
    .selectFrom('jobs')
    .select('id')
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('status', '=', 'running')
    .forShare()
    .executeTakeFirst();
  if (row === undefined) throw lost({ id, attempt });
}
