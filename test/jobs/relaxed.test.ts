/** @file Which commits of SQLite wait for the disk: those that promise something, and not those that a study makes by the dozen. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, type MockInstance, vi } from 'vitest';
import type { ClaimedJob } from '../../src/jobs/attempts.ts';
import { relaxed } from '../../src/jobs/dialect.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { SnapshotStore } from '../../src/jobs/snapshots.ts';
import { outcomeOf, type Trace } from '../../src/statistics/index.ts';
import { databases } from './databases.ts';
import { useStore } from './store_fixture.ts';

const on = useStore(databases[0].start);
let job: ClaimedJob;

/** What the log of SQLite is brought to the disk with. */
let datasync: MockInstance<FileHandle['datasync']>;

async function spyOnSyncs(): Promise<void> {
  const any = await open(import.meta.filename);
  datasync = vi.spyOn(Object.getPrototypeOf(any) as FileHandle, 'datasync');
  await any.close();
}

beforeEach(async () => {
  await spyOnSyncs();
  await on.submit();
  job = await on.claim();
});

afterEach(() => vi.restoreAllMocks());

async function waitsOf(work: () => Promise<unknown>): Promise<number> {
  datasync.mockClear();
  await work();
  return datasync.mock.calls.length;
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
])('%s does not', async (_, work) => expect(await waitsOf(work)).toBe(0));

it.each<[string, () => Promise<unknown>]>([
  ['a submission', () => on.submit()],
  ['a claim', () => on.submit().then(() => on.claim())],
  ['a cancel', () => on.store.cancel(job.id)],
  ['a result', () => on.attempts.succeed(job, Buffer.from('{}'), summary)],
  ['a failure', () => on.attempts.fail(job, { code: 'internal_error', detail: '' })],
])('%s does, also after one that did not and failed', async (_, work) => {
  const failed = relaxed(on.opened.db, () => Promise.reject(new Error('rolled back')));
  await expect(failed).rejects.toThrow('rolled back');
  expect(await waitsOf(work)).toBeGreaterThan(0);
});

it('reading does not', async () => {
  expect(await waitsOf(() => on.store.find(job.id))).toBe(0);
  expect(await waitsOf(() => on.store.events(job.id, 0, 10))).toBe(0);
});

it('commits at the same time share a sync', async () => {
  expect(await waitsOf(() => Promise.all(Array.from({ length: 20 }, () => on.submit())))).toBeLessThan(5);
});

it('the event loop and other statements go on while a submission waits', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  datasync.mockImplementationOnce(() => promise);
  let isAnswered = false;
  const submitted = on.submit({ owner: 'bob' }).finally(() => {
    isAnswered = true;
  });
  const jobsOfBob = async () => (await on.store.list({ owner: 'bob', limit: 10 })).data.length;
  while ((await jobsOfBob()) === 0) await sleep(1);
  await sleep(20);
  expect(isAnswered).toBe(false);
  resolve();
  await submitted;
});

/** What a power cut leaves: only what was there when a sync began that has ended. */
it('whoever is answered is on the disk', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-power-'));
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(on.opened.db);
  const file = rows[0]?.file ?? '';
  let begun = 0;
  let durable = 0;
  datasync.mockImplementation(async () => {
    const number = ++begun;
    mkdirSync(join(folder, String(number)));
    for (const end of ['', '-wal']) copyFileSync(file + end, join(folder, String(number), `jobs${end}`));
    await sleep(5);
    durable = number;
  });
  const answered: { id: string; durable: number }[] = [];
  const submitting = Array.from({ length: 8 }, async () => {
    for (let i = 0; i < 5; i++) {
      answered.push({ id: await on.submit(), durable });
      await on.attempts.heartbeat(job);
    }
  });
  await Promise.all(submitting).finally(() => datasync.mockRestore());
  expect(begun).toBeLessThan(answered.length);
  for (const { id, durable: number } of answered) {
    const left = new Database(join(folder, String(number), 'jobs'));
    expect(left.prepare('select id from jobs where id = ?').pluck().get(id)).toBe(id);
    left.close();
  }
  rmSync(folder, { recursive: true });
});

it('a failed sync fails whoever waits; what the log held is in the file before the next one is believed', async () => {
  const { rows } = await sql<{ file: string }>`select file from pragma_database_list`.execute(on.opened.db);
  const log = `${rows[0]?.file}-wal`;
  datasync.mockRejectedValueOnce(new Error('EIO: i/o error, fdatasync'));
  const failed = await Promise.allSettled([on.submit({ owner: 'carol' })]);
  expect(failed).toMatchObject([{ status: 'rejected', reason: { code: 'SQLITE_IOERR_FSYNC' } }]);
  expect(statSync(log).size).toBeGreaterThan(0);
  await on.submit({ owner: 'carol' });
  expect(statSync(log).size).toBe(0);
  await on.submit({ owner: 'carol' });
  expect(statSync(log).size).toBeGreaterThan(0);
});
