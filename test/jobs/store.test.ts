import { describe, expect, it } from 'vitest';
import { LostAttempt } from '../../src/jobs/fence.ts';
import { recoverJobs } from '../../src/jobs/recovery.ts';
import { decodeTrace, encodeTrace, outcomeOf, type Trace } from '../../src/statistics/index.ts';
import { databases } from './databases.ts';
import { testDeliveries } from './store_deliveries.ts';
import { submission, useStore, wide } from './store_fixture.ts';
import { testLists } from './store_lists.ts';

/** As the runner does; more than a page of the database. */
const losses = Float64Array.from({ length: 5000 }, (_, i) => i / 3);
const ends = { initial: { loss: 2 }, final: { loss: 1 } };
const trace = { losses, ...ends, series: [], weights: null } as unknown as Trace;
const anyNumber = () => 1000;

describe.each(databases)('$name', ({ name: databaseName, start }) => {
  const isSqlite = databaseName === 'SQLite';
  const on = useStore(start);
  const statusOf = async (id: string) => (await on.jobOf(id))?.status;
  /** As if nothing had been heard of the running jobs for so long; negative: the database's clock was set back. */
  const silence = (seconds: number) =>
    on.opened.db
      .updateTable('jobs')
      .set({
        attempt_started_at: new Date(Date.now() - seconds * 1000 - 15_000).toISOString(),
        heartbeat_at: new Date(Date.now() - seconds * 1000).toISOString(),
      })
      .where('status', '=', 'running')
      .execute();

  testDeliveries(on);
  testLists(on, isSqlite);

  describe('a job', () => {
    it('is stored as it was submitted, and read back', async () => {
      const id = await on.submit();
      expect(await on.jobOf(id)).toMatchObject({
        id,
        kind: 'study',
        status: 'queued',
        name: 'a job',
        metadata: { ticket: 'ML-42' },
        estimate: { trials: 3 },
      });
      expect((await on.store.find(id))?.owner).toBe('alice');
    });

    it.each(['job_none', '', 'job_\0', '\u{fffd}', "'; drop table jobs; --", 'ä'.repeat(10_000)])(
      'with the id %j is not there',
      async (id) => {
        expect(await on.jobOf(id)).toBeNull();
        expect(await on.store.cancel(id)).toBeNull();
        expect(await on.store.remove(id)).toBe('not_found');
      },
    );

    it('takes the name that it was given, whatever the characters', async () => {
      const name = 'ß 🧪 "quoted" \\ \u0001';
      const id = await on.submit({ experiment: { name, metadata: {} } });
      expect((await on.jobOf(id))?.name).toBe(name);
    });

    it('ends with its result, and takes everything along when it is removed', async () => {
      const id = await on.submit();
      const job = await on.claim();
      await on.attempts.storeTrial(job, 'key', encodeTrace(trace));
      await on.attempts.nameRun(job, 'baseline/0', 'key', outcomeOf(trace));
      expect(await on.store.remove(id)).toBe('not_terminal');
      await on.attempts.succeed(job, Buffer.from('{"ü":1}'), {
        verdict: 'healthy',
        findings: [],
        recommended: [],
      });
      expect(await on.jobOf(id)).toMatchObject({ status: 'succeeded', progress: { fraction: 1 } });
      expect((await on.store.result(id))?.toString()).toBe('{"ü":1}');
      expect(await decodeTrace((await on.store.encodedTrace(id, 'baseline/0')) as Uint8Array)).toEqual(trace);
      expect(await on.store.remove(id)).toBe('removed');
      expect([await on.jobOf(id), await on.store.result(id), await on.store.events(id, 0, 10)]).toEqual([
        null,
        null,
        [],
      ]);
      const left = await on.opened.db.selectFrom('trials').selectAll().where('job_id', '=', id).execute();
      expect(left).toEqual([]);
    });
  });

  describe('idempotency', () => {
    const withKey = (fingerprint: string, owner = 'alice') =>
      on.store.submit(submission({ owner, idempotency: { key: 'k', fingerprint } }), wide);

    it('makes one job of many equal submissions at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => withKey('f')));
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['created', ...Array(7).fill('replayed')]);
      expect(new Set(outcomes.map((outcome) => 'job' in outcome && outcome.job.id)).size).toBe(1);
      expect((await withKey('other')).kind).toBe('conflict');
    });

    it('makes a job anew where the first is deleted, also at that moment', async () => {
      for (let round = 0; round < 20; round++) {
        const first = await withKey('f');
        const id = 'job' in first ? first.job.id : '';
        await on.store.cancel(id);
        const [again] = await Promise.all([withKey('f'), on.store.remove(id)]);
        expect(['created', 'replayed']).toContain(again.kind);
        const replayed = again.kind === 'replayed';
        expect('job' in again && again.job.id === id).toBe(replayed);
      }
      expect((await withKey('f')).kind).toMatch(/created|replayed/);
    });

    it('belongs to the owner', async () => {
      await withKey('f');
      expect((await withKey('other', 'bob')).kind).toBe('created');
    });
  });

  describe('the queue', () => {
    it('gives every job to one of many workers', async () => {
      const ids = await Promise.all(Array.from({ length: 12 }, () => on.submit()));
      const claims = await Promise.all(Array.from({ length: 20 }, () => on.attempts.claim(anyNumber)));
      const claimed = claims.flatMap((job) => (job === null ? [] : [job.id]));
      expect(claimed.sort()).toEqual(ids.sort());
    });

    it('is first come, first served within an owner', async () => {
      const ids = [await on.submit(), await on.submit(), await on.submit()];
      expect([await on.claim(), await on.claim(), await on.claim()].map(({ id }) => id)).toEqual(ids);
    });

    it('serves owners in turn, however many jobs one has', async () => {
      for (let i = 0; i < 5; i++) await on.submit();
      const bobs = await on.submit({ owner: 'bob' });
      await on.claim();
      expect((await on.claim()).id).toBe(bobs);
      const carols = [await on.submit({ owner: 'carol' }), await on.submit({ owner: 'carol' })];
      const next = [await on.claim(), await on.claim(), await on.claim()];
      expect(next.map(({ owner }) => owner)).toEqual(['carol', 'alice', 'carol']);
      expect([next[0]?.id, next[2]?.id]).toEqual(carols);
    });

    it('runs no more jobs of an owner at once than it may, also when all workers ask at once', async () => {
      for (let i = 0; i < 6; i++) await on.submit();
      await on.submit({ owner: 'bob' });
      const claims = await Promise.all(Array.from({ length: 10 }, () => on.attempts.claim(() => 2)));
      const owners = claims.flatMap((job) => (job === null ? [] : [job.owner]));
      expect(owners.sort()).toEqual(['alice', 'alice', 'bob']);
    });

    it('goes on with an interrupted job first, whatever others wait, and counts its turn once', async () => {
      const [first] = [await on.submit(), await on.submit(), await on.submit({ owner: 'bob' })];
      await on.submit({ owner: 'carol' });
      await on.attempts.release(await on.claim());
      expect(await on.claim()).toMatchObject({ id: first, attempt: 2 });
      const next = [await on.claim(), await on.claim(), await on.claim()];
      expect(next.map(({ owner }) => owner)).toEqual(['bob', 'carol', 'alice']);
    });

    it('gives the turn to the next where a job is canceled at that moment', async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, () => on.submit()));
      const [, ...claims] = await Promise.all([
        Promise.all(ids.slice(0, 5).map((id) => on.store.cancel(id))),
        ...Array.from({ length: 5 }, () => on.attempts.claim(anyNumber)),
      ]);
      expect(claims.filter((job) => job === null)).toEqual([]);
    });
  });

  describe('a quota', () => {
    it('of queued jobs holds for submissions at once', async () => {
      const quota = { ...wide, max_queued_jobs: 3 };
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => on.store.submit(submission(), quota)),
      );
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
      await on.claim();
      await on.submit({}, quota);
    });

    it('of FLOPs an hour holds for submissions at once, and is free again after the hour', async () => {
      const quota = { ...wide, max_flops_per_hour: 3.5e6 };
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => on.store.submit(submission(), quota)),
      );
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
      const excess = outcomes.find(({ kind }) => kind === 'over_quota');
      expect(excess).toMatchObject({ retry_after_s: expect.closeTo(3600, -1.5) });
      const created_at = new Date(Date.now() - 3_601_000).toISOString();
      await on.opened.db.updateTable('submissions').set({ created_at }).execute();
      await on.submit({}, quota);
    });

    it('of FLOPs an hour is not used up by what a clock that was set back left in the future', async () => {
      const quota = { ...wide, max_flops_per_hour: 3.5e6 };
      for (let i = 0; i < 3; i++) await on.submit({}, quota);
      const created_at = new Date(Date.now() + 2 * 86_400_000).toISOString();
      await on.opened.db.updateTable('submissions').set({ created_at }).execute();
      for (let i = 0; i < 3; i++) await on.submit({}, quota);
      expect((await on.store.submit(submission(), quota)).kind).toBe('over_quota');
    });
  });

  describe('retention', () => {
    it('deletes what ended so long ago by the clock of the database, and nothing else', async () => {
      const ended = async () => {
        const id = await on.submit();
        await on.attempts.canceled(await on.claim());
        return id;
      };
      const [old, recent] = [await ended(), await ended()];
      const running = await on.submit();
      await on.claim();
      const waiting = await on.submit();
      const finished_at = new Date(Date.now() - 11 * 86_400_000).toISOString();
      await on.opened.db.updateTable('jobs').set({ finished_at }).where('id', '=', old).execute();
      expect(await on.store.removeEnded(10 * 86_400)).toBe(1);
      expect(await on.store.removeEnded(10 * 86_400)).toBe(0);
      const left = [old, recent, running, waiting].map(statusOf);
      expect(await Promise.all(left)).toEqual([undefined, 'canceled', 'running', 'queued']);
    });
  });

  describe('an attempt', () => {
    it('names the trial of a run anew', async () => {
      const id = await on.submit();
      const job = await on.claim();
      await on.attempts.storeTrial(job, 'new', encodeTrace(trace));
      await on.attempts.nameRun(job, 'baseline/0', 'old', outcomeOf(trace));
      const final = { ...trace.final, loss: Number.NaN, accuracy: 0.5 };
      await on.attempts.nameRun(job, 'baseline/0', 'new', outcomeOf({ ...trace, seed: 7, final }));
      const outcome = { seed: 7, final_loss: null, final_accuracy: 0.5, non_finite: { final_loss: 'nan' } };
      expect((await on.store.outcomes(id)).get('baseline/0')).toMatchObject(outcome);
      expect(await decodeTrace((await on.store.encodedTrace(id, 'baseline/0')) as Uint8Array)).toEqual(trace);
    });

    it('writes nothing once it has lost the job', async () => {
      const id = await on.submit();
      const old = await on.claim();
      await on.attempts.release(old);
      const current = await on.claim();
      const summary = { verdict: 'healthy' as const, findings: [], recommended: [] };
      const progress = { phase: 'baseline' as const, completed_trials: 1, total_trials: 2 };
      for (const write of [
        () => on.attempts.heartbeat(old),
        () => on.attempts.progress(old, progress as never, null),
        () => on.attempts.storeTrial(old, 'key', encodeTrace(trace)),
        () => on.attempts.nameRun(old, 'baseline/0', 'key', outcomeOf(trace)),
        () => on.attempts.succeed(old, Buffer.from('old'), summary),
        () => on.attempts.fail(old, { code: 'internal_error', detail: '' }),
        () => on.attempts.canceled(old),
        () => on.attempts.release(old),
      ]) {
        await expect(write()).rejects.toThrow(LostAttempt);
      }
      expect(await on.attempts.storedTrial(current, 'key')).toBeNull();
      await on.attempts.succeed(current, Buffer.from('new'), summary);
      expect((await on.store.result(id))?.toString()).toBe('new');
    });

    it('finds the trials that the one before has finished', async () => {
      await on.submit();
      const first = await on.claim();
      await on.attempts.storeTrial(first, 'key', encodeTrace(trace));
      await on.attempts.storeTrial(first, 'key', encodeTrace(trace));
      await on.attempts.release(first);
      const stored = await on.attempts.storedTrial(await on.claim(), 'key');
      expect(await decodeTrace(stored as Uint8Array)).toEqual(trace);
    });

    it('hears of a cancel with its heartbeat; a queued job is canceled at once', async () => {
      const [running, queued] = [await on.submit(), await on.submit()];
      const job = await on.claim();
      expect(await on.attempts.heartbeat(job)).toBe(false);
      expect((await on.store.cancel(running))?.status).toBe('running');
      expect((await on.store.cancel(queued))?.status).toBe('canceled');
      expect(await on.attempts.heartbeat(job)).toBe(true);
      await on.attempts.canceled(job);
      expect((await on.store.cancel(running))?.status).toBe('canceled');
      expect(await on.attempts.claim(anyNumber)).toBeNull();
    });
  });

  describe('events', () => {
    it('are numbered without gaps, also when cancel and progress come at once', async () => {
      const id = await on.submit();
      const job = await on.claim();
      const progress = (completed_trials: number) => ({
        ...{ phase: 'baseline', completed_trials, total_trials: 20 },
      });
      await Promise.all([
        ...Array.from({ length: 20 }, (_, i) => on.attempts.progress(job, progress(i) as never, i)),
        on.store.cancel(id),
      ]);
      const events = await on.store.events(id, 0, 100);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
      expect((await on.store.events(id, 20, 1)).map(({ seq }) => seq)).toEqual([21]);
    });
  });

  describe('adoption', () => {
    it('takes the jobs of silent workers, and leaves those of the living', async () => {
      const [dead, alive] = [await on.submit(), await on.submit()];
      await on.claim();
      await silence(30);
      await on.claim();
      await recoverJobs(on.attempts, 20);
      expect([await statusOf(dead), await statusOf(alive)]).toEqual(['queued', 'running']);
    });

    it('happens once, also when all workers look at once', async () => {
      const id = await on.submit();
      await on.claim();
      await silence(30);
      await Promise.all(Array.from({ length: 6 }, () => recoverJobs(on.attempts, 20)));
      const statuses = (await on.store.events(id, 0, 100)).map(({ data }) => data.status);
      expect(statuses).toEqual(['queued', 'running', 'queued']);
    });

    it('ends a job that was to be canceled', async () => {
      const id = await on.submit();
      await on.claim();
      await on.store.cancel(id);
      await silence(30);
      await recoverJobs(on.attempts, 20);
      expect(await statusOf(id)).toBe('canceled');
    });

    it('is not put off by a clock that was set back an hour', async () => {
      const id = await on.submit();
      await on.claim();
      await silence(-3600);
      await recoverJobs(on.attempts, 20);
      expect(await statusOf(id)).toBe('queued');
    });

    it('forgives a job whose worker was alive after all', async () => {
      const id = await on.submit();
      for (let attempt = 1; attempt <= 4; attempt++) {
        const job = await on.claim();
        await silence(30);
        await recoverJobs(on.attempts, 20);
        await on.attempts.acquit(job);
      }
      expect(await statusOf(id)).toBe('queued');
    });

    it('fails a job whose process died twice before it finished a trial, and no other', async () => {
      const [killer, fine] = [await on.submit(), await on.submit()];
      for (const attempt of [1, 2]) {
        const jobs = [await on.claim(), await on.claim()];
        expect(jobs.map((job) => job.attempt)).toEqual([attempt, attempt]);
        const finishing = jobs.find(({ id }) => id === fine);
        if (finishing !== undefined)
          await on.attempts.storeTrial(finishing, `key ${attempt}`, encodeTrace(trace));
        await silence(30);
        await recoverJobs(on.attempts, 20);
      }
      expect(await on.jobOf(killer)).toMatchObject({
        status: 'failed',
        error: { code: 'job_crashed_process' },
      });
      expect(await statusOf(fine)).toBe('queued');
    });
  });
});
