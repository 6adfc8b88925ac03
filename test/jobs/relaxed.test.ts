/** @file Which commits of SQLite wait for the disk: those that promise something, and not those that a study makes by the dozen. */
import { sql } from 'kysely';
import { pino } from 'pino';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { ClaimedJob } from '../../src/jobs/attempts.ts';
import { relaxed } from '../../src/jobs/dialect.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { SnapshotStore } from '../../src/jobs/snapshots.ts';
import { outcomeOf, type Trace } from '../../src/statistics/index.ts';
import { databases } from './databases.ts';
import { useStore } from './store_fixture.ts';

const on = useStore(databases[0].start);
let job: ClaimedJob;

/** How far each write to a table of interest waits, as SQLite has it: 2 for the disk, 1 for nothing. */
beforeAll(async () => {
  const { db } = on.opened;
  await sql`create temp table waits (how integer)`.execute(db);
  for (const [table, event] of [
    ['jobs', 'insert'],
    ['jobs', 'update'],
    ['trials', 'insert'],
    ['runs', 'insert'],
    ['snapshots', 'insert'],
  ] as const) {
    const name = sql.id(`${table}_${event}`);
    await sql`create temp trigger ${name} after ${sql.raw(event)} on ${sql.table(table)}
      begin insert into waits select synchronous from pragma_synchronous; end`.execute(db);
  }
});

beforeEach(async () => {
  await on.submit();
  job = await on.claim();
});

async function waitsOf(work: () => Promise<unknown>): Promise<number[]> {
  const { db } = on.opened;
  await sql`delete from waits`.execute(db);
  await work();
  const { rows } = await sql<{ how: number }>`select distinct how from waits`.execute(db);
  return rows.map(({ how }) => how);
}

const trace = {
  losses: Float64Array.of(1),
  initial: { loss: 2 },
  final: { loss: 1 },
  series: [],
  weights: null,
} as unknown as Trace;
const progress = { phase: 'baseline', completed_trials: 1, total_trials: 3, best: null } as const;
const summary = { verdict: 'healthy', findings: [], recommended: [] } as never;

it.each<[string, () => Promise<unknown>]>([
  ['a heartbeat', () => on.attempts.heartbeat(job)],
  ['progress', () => on.attempts.progress(job, progress, null)],
  [
    'losses',
    () => on.attempts.losses(job, { run: 'baseline/0', steps: [0], total_steps: null, losses: [1] }),
  ],
  ['a trial', () => on.attempts.storeTrial(job, 'key', new Uint8Array(8))],
  ['the name of a run', () => on.attempts.nameRun(job, 'baseline/0', 'key', outcomeOf(trace))],
  [
    'a snapshot',
    () => {
      const { db, room } = on.opened;
      const logger = pino({ enabled: false });
      const store = new SnapshotStore({ db, room, machine: machineKind(), seconds: 60, logger });
      const bytes = new Uint8Array(8);
      return store.keep(job.id, 'key', 0, { step: 1, records: bytes, state: bytes });
    },
  ],
])('%s does not', async (_, work) => expect(await waitsOf(work)).toEqual([1]));

it.each<[string, () => Promise<unknown>]>([
  ['a submission', () => on.submit()],
  ['a claim', () => on.submit().then(() => on.claim())],
  ['a cancel', () => on.store.cancel(job.id)],
  ['a result', () => on.attempts.succeed(job, Buffer.from('{}'), summary)],
  ['a failure', () => on.attempts.fail(job, { code: 'internal_error', detail: '' })],
])('%s does, also after one that did not and failed', async (_, work) => {
  const failed = relaxed(on.opened.db, () => Promise.reject(new Error('rolled back')));
  await expect(failed).rejects.toThrow('rolled back');
  expect(await waitsOf(work)).toEqual([2]);
});
