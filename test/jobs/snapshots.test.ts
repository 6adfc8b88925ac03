/** @file Snapshots of trainings, on both databases: the latest is found with the records of all, one training keeps, none is left behind. */
import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import type { openDatabase } from '../../src/jobs/database.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { SnapshotStore } from '../../src/jobs/snapshots.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { encodeTrace, type Trace } from '../../src/statistics/index.ts';
import { packText } from '../../src/util/packed_text.ts';
import { databases, type TestDatabase } from './databases.ts';

const logger = pino({ level: 'silent' });
const machine = machineKind();
const quota = { max_queued_jobs: 99, max_running_jobs: 99, max_flops_per_hour: 1e18, max_job_seconds: 60 };
const snapshot = (step: number, bytes = 10) => ({
  step,
  records: randomBytes(bytes),
  state: randomBytes(bytes),
});

describe.each(databases)('$name', ({ start }) => {
  let database: TestDatabase;
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let store: SnapshotStore;
  let attempts: Attempts;
  beforeAll(async () => {
    database = await start();
    opened = await database.open();
    store = storeOf();
    attempts = new Attempts(opened.db, opened.room);
  });
  afterAll(async () => {
    await opened.close();
    await database.stop();
  });

  const storeOf = (kind = machine) =>
    new SnapshotStore({ db: opened.db, room: opened.room, machine: kind, seconds: 60, logger });

  async function runningJob(): Promise<ClaimedJob> {
    const estimate = { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 };
    const experiment = { name: 'a job', metadata: {} };
    await new JobStore(opened.db).submit(
      {
        ...{ owner: 'alice', experiment, packed: packText('{}'), files: [], search: null, webhook: null },
        ...{ estimate, flops: 1, idempotency: null },
      },
      quota,
    );
    return (await attempts.claim(() => 99)) as ClaimedJob;
  }

  const rowsOf = (job: ClaimedJob) =>
    opened.db.selectFrom('snapshots').select(['key', 'step', 'kind']).where('job_id', '=', job.id).execute();

  const of = (job: ClaimedJob, key = 'a', by = store) => by.of(job.id, key, () => false);
  const keep = (by: ReturnType<typeof of>, kept: ReturnType<typeof snapshot>) => by.keep(kept, () => false);

  it('the latest is found with the records of all before it, also of many megabytes', async () => {
    const job = await runningJob();
    const own = of(job);
    expect(await own.latest()).toBeNull();
    // More than a row holds.
    const all = [snapshot(10), snapshot(25, 9 * 2 ** 20), snapshot(31)];
    for (const kept of all) expect(await keep(own, kept)).toBe(true);
    const saved = await of(job).latest();
    expect(saved?.step).toBe(31);
    expect(all[2]?.state.equals(saved?.state ?? new Uint8Array())).toBe(true);
    expect(saved?.records.map((bytes, i) => all[i]?.records.equals(bytes))).toEqual([true, true, true]);
    // Of states the last alone.
    expect((await rowsOf(job)).filter(({ kind }) => kind === 'state')).toHaveLength(1);
    expect(await of(job, 'another').latest()).toBeNull();
    await attempts.canceled(job);
  });

  it('of two trainings of one trial that keep different steps, one goes on keeping', async () => {
    const job = await runningJob();
    const [first, second] = [of(job), of(job)];
    expect(await keep(first, snapshot(10))).toBe(true);
    await second.latest();
    const same = snapshot(20);
    expect(await keep(first, same)).toBe(true);
    // Equal steps are equal bits; so are those of a commit that was not heard of.
    expect(await keep(second, same)).toBe(true);
    expect(await keep(second, snapshot(28))).toBe(true);
    expect(await keep(first, snapshot(30))).toBe(false);
    // One that has begun anew is behind.
    expect(await keep(of(job), snapshot(9))).toBe(false);
    const saved = await of(job).latest();
    expect([saved?.step, saved?.records.length]).toEqual([28, 3]);
    expect([...new Set((await rowsOf(job)).map(({ step }) => step))].sort()).toEqual([10, 20, 28]);
    await attempts.canceled(job);
  });

  it('at the same moment too', async () => {
    const job = await runningJob();
    const all = await Promise.all([1, 2, 3, 4].map((step) => keep(of(job), snapshot(step, 2 ** 20))));
    expect(all.filter((kept) => kept)).toHaveLength(1);
    expect((await of(job).latest())?.step).toBe(all.indexOf(true) + 1);
    await attempts.canceled(job);
  });

  it('those of another kind of machine are of no use, and go', async () => {
    const job = await runningJob();
    const elsewhere = of(job, 'a', storeOf({ ...machine, id: 'another kind' }));
    expect(await keep(elsewhere, snapshot(10))).toBe(true);
    const own = of(job);
    expect(await own.latest()).toBeNull();
    expect(await rowsOf(job)).toEqual([]);
    expect(await keep(own, snapshot(5))).toBe(true);
    expect(await keep(elsewhere, snapshot(20))).toBe(false);
    await attempts.canceled(job);
  });

  it('a result, and the end of the job, leave none', async () => {
    const job = await runningJob();
    await keep(of(job), snapshot(10));
    await keep(of(job, 'b'), snapshot(10));
    const trace = { losses: Float64Array.from([1]), series: [], weights: null } as unknown as Trace;
    await attempts.storeTrial(job, 'a', encodeTrace(trace));
    expect((await rowsOf(job)).map(({ key }) => key)).toEqual(['b', 'b']);
    await attempts.canceled(job);
    expect(await rowsOf(job)).toEqual([]);
    // Who trains on, late, keeps nothing.
    expect(await keep(of(job), snapshot(20))).toBe(false);
    const queued = await runningJob();
    await keep(of(queued), snapshot(10));
    await attempts.release(queued);
    expect(await keep(of(queued, 'b'), snapshot(10))).toBe(true);
    await new JobStore(opened.db).cancel(queued.id);
    expect(await rowsOf(queued)).toEqual([]);
  });

  it('one proves progress: crashes before it do not count', async () => {
    const job = await runningJob();
    await attempts.release(job, 1);
    const again = (await attempts.claim(() => 99)) as ClaimedJob;
    const score = async () =>
      (await opened.db.selectFrom('jobs').select('crash_score').where('id', '=', job.id).execute())[0]
        ?.crash_score;
    expect(await score()).toBe(1);
    await keep(of(again), snapshot(10));
    expect(await score()).toBe(0);
    await attempts.canceled(again);
  });
});
