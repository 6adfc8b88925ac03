/**
 * @file Whose turn it is: the owner who was served longest ago. A thousand jobs of one do not hold up another's first. A job
 * that was interrupted has had its turn: it goes on before others begin.
 */
import type { Transaction } from 'kysely';
import type { Tables } from './tables.ts';

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
    .leftJoin('turns', 'turns.owner', 'jobs.owner')
    .where('jobs.status', '=', 'queued')
    .groupBy(['jobs.owner', 'turns.turn'])
    .select((eb) => [
      'jobs.owner',
      'turns.turn',
      // Jobs of an owner begin in order: one that has begun stands before all that have not.
      eb.fn.min('jobs.position').as('position'),
      eb.fn.max('jobs.attempt').as('attempts'),
    ])
    .execute();
  const [next] = waiting
    .filter(({ owner }) => (counts.get(owner) ?? 0) < maxRunning(owner))
    .map(({ turn, position, attempts }) => ({
      turn: attempts > 0 ? -1 : (turn ?? 0),
      position: Number(position),
    }))
    .sort((a, b) => a.turn - b.turn || a.position - b.position);
  return next?.position;
}

/** Kept apart from the jobs: who deletes them does not come first again. Under the lock of a claim. */
export async function recordTurn(db: Transaction<Tables>, owner: string): Promise<void> {
  const { turn } = await db
    .selectFrom('turns')
    .select((eb) => eb(eb.fn.coalesce(eb.fn.max('turn'), eb.lit(0)), '+', 1).as('turn'))
    .executeTakeFirstOrThrow();
  await db
    .insertInto('turns')
    .values({ owner, turn })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet({ turn }))
    .execute();
}
