/** @file Whose turn it is: the owner who was served longest ago. A thousand jobs of one do not hold up another's first. */
import type { Transaction } from 'kysely';
import { databaseTime } from './dialect.ts';
import type { Tables } from './migrations.ts';

/**
 * The position of the job to run next; undefined where none may run.
 * @param maxRunning jobs that an owner may have running at once
 */
export async function nextInTurn(
  db: Transaction<Tables>,
  maxRunning: (owner: string) => number,
): Promise<number | undefined> {
  const running = await db
    .selectFrom('jobs')
    .where('status', '=', 'running')
    .groupBy('owner')
    .select((eb) => ['owner', eb.fn.countAll<number>().as('count')])
    .execute();
  const counts = new Map(running.map(({ owner, count }) => [owner, Number(count)]));
  const waiting = await db
    .selectFrom('jobs')
    .leftJoin('owners', 'owners.owner', 'jobs.owner')
    .where('jobs.status', '=', 'queued')
    .groupBy(['jobs.owner', 'owners.served_at'])
    .select((eb) => ['jobs.owner', 'owners.served_at', eb.fn.min('jobs.position').as('position')])
    .execute();
  const turns = waiting
    .filter(({ owner }) => (counts.get(owner) ?? 0) < maxRunning(owner))
    .map(({ served_at, position }) => ({ served_at: served_at ?? '', position: Number(position) }))
    .sort((a, b) =>
      a.served_at === b.served_at ? a.position - b.position : a.served_at < b.served_at ? -1 : 1,
    );
  return turns[0]?.position;
}

/** Kept apart from the jobs: who deletes them does not come first again. */
export async function recordTurn(db: Transaction<Tables>, owner: string): Promise<void> {
  const served_at = databaseTime(db);
  await db
    .insertInto('owners')
    .values({ owner, served_at })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet({ served_at }))
    .execute();
}
