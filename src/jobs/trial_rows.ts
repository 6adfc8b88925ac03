/** @file The table of finished trials: each once, with the kind of machine that trained it. */
import type { Kysely, Transaction } from 'kysely';
import type { Machines } from '../study/index.ts';
import type { MachineKind } from './machine.ts';
import { removeSnapshots } from './snapshots.ts';
import type { Tables } from './tables.ts';

/** One that is there already stays: whoever trained it, the bits are the same. */
export async function recordTrial(
  db: Transaction<Tables>,
  job: string,
  key: string,
  encoded: Uint8Array,
  { id, ...facts }: MachineKind,
): Promise<void> {
  await db
    .insertInto('machines')
    .values({ id, facts: JSON.stringify(facts) })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const trace = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
  await db
    .insertInto('trials')
    .values({ job_id: job, key, trace, machine: id })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await removeSnapshots(db, job, key);
}

/** The kinds that have trained the runs of a job, in the order of their first run's name. */
export async function machinesOf(db: Kysely<Tables>, job: string): Promise<Machines> {
  const rows = await db
    .selectFrom('runs')
    .innerJoin('trials', (join) =>
      join.onRef('trials.job_id', '=', 'runs.job_id').onRef('trials.key', '=', 'runs.key'),
    )
    .innerJoin('machines', 'machines.id', 'trials.machine')
    .select(['run', 'facts'])
    .where('runs.job_id', '=', job)
    .orderBy('run')
    .execute();
  const kinds = new Map<string, string[]>();
  for (const { run, facts } of rows) kinds.set(facts, [...(kinds.get(facts) ?? []), run]);
  return [...kinds].map(([facts, runs]) => ({
    ...(JSON.parse(facts) as Omit<MachineKind, 'id'>),
    runs,
  })) as Machines;
}
