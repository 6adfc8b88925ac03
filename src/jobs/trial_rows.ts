/** @file The table of finished trials: each once, with the kind of machine that trained it. */
import type { Transaction } from 'kysely';
import type { MachineKind } from './machine.ts';
import type { Tables } from './migrations.ts';

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
}
