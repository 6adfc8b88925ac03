/** @file What the store promises, on both databases: the queue, its turns and quotas, events, fences, adoption. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Announcement, announce } from '../../src/jobs/announcements.ts';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { createDeliveryQueue } from '../../src/jobs/deliveries.ts';
import { LostAttempt } from '../../src/jobs/fence.ts';
import type { JobFilter, OwnedSubmission } from '../../src/jobs/job.ts';
import type { Quota } from '../../src/jobs/quota.ts';
import { recoverJobs } from '../../src/jobs/recovery.ts';
import { InvalidCursor } from '../../src/jobs/rows.ts';
import { storageFailure } from '../../src/jobs/storage.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { openSharedQueue } from '../../src/queue/index.ts';
import { decodeTrace, encodeTrace, type Trace } from '../../src/statistics/index.ts';
import { present } from '../../src/util/assert.ts';
import { packText } from '../../src/util/packed_text.ts';
import type { Delivery, DeliveryQueue } from '../../src/webhooks/index.ts';
import { databases, type TestDatabase } from './databases.ts';

const wide: Quota = {
  max_queued_jobs: 1000,
  max_running_jobs: 1000,
  max_flops_per_hour: 1e18,
  max_job_seconds: 1000,
};

const submission = (changes: Partial<OwnedSubmission> = {}): OwnedSubmission => ({
  owner: 'alice',
  experiment: { name: 'a job', metadata: { ticket: 'ML-42' } },
  packed: packText('{}'),
  files: [],
  search: null,
  webhook: null,
  estimate: { parameters: 1, flops_per_step: 1, trials: 3, duration_s: 1 } as OwnedSubmission['estimate'],
  flops: 1e6,
  idempotency: null,
  ...changes,
});

/** As the runner does; more than a page of the database. */
const losses = Float64Array.from({ length: 5000 }, (_, i) => i / 3);
const ends = { initial: { loss: 2 }, final: { loss: 1 } };
const trace = { losses, ...ends, series: [], weights: null } as unknown as Trace;
const anyNumber = () => 1000;

describe.each(databases)('$name', ({ name: databaseName, start }) => {
  const isSqlite = databaseName === 'SQLite';
  let database: TestDatabase;
  let opened: Awaited<ReturnType<TestDatabase['open']>>;
  let store: JobStore;
  let attempts: Attempts;
  beforeAll(async () => {
    database = await start();
    opened = await database.open();
    store = new JobStore(opened.db);
    attempts = new Attempts(opened.db);
  });
  afterAll(async () => {
    await opened.close();
    await database.stop();
  });
  beforeEach(async () => {
    for (const table of ['jobs', 'submissions', 'turns'] as const)
      await opened.db.deleteFrom(table).execute();
  });

  const submit = async (changes: Partial<OwnedSubmission> = {}, quota = wide): Promise<string> => {
    const outcome = await store.submit(submission(changes), quota);
    if (outcome.kind !== 'created') throw new Error(`not created but ${outcome.kind}`);
    return outcome.job.id;
  };
  const claim = async (): Promise<ClaimedJob> => {
    const job = await attempts.claim(anyNumber);
    if (job === null) throw new Error('nothing to claim');
    return job;
  };
  const jobOf = async (id: string) => (await store.find(id))?.job ?? null;
  const statusOf = async (id: string) => (await jobOf(id))?.status;
  /** As if nothing had been heard of the running jobs for so long; negative: the database's clock was set back. */
  const silence = (seconds: number) =>
    opened.db
      .updateTable('jobs')
      .set({
        attempt_started_at: new Date(Date.now() - seconds * 1000 - 15_000).toISOString(),
        heartbeat_at: new Date(Date.now() - seconds * 1000).toISOString(),
      })
      .where('status', '=', 'running')
      .execute();

  describe('a webhook', () => {
    const webhook = { url: 'https://example.org/hook', events: ['job.failed', 'job.canceled'] as const };
    const asked = { webhook: { ...webhook, events: [...webhook.events] } };
    const later = { state: 'pending', last_status: null, last_error: 'ECONNREFUSED' } as const;
    const arrived = { state: 'delivered', last_status: 204, last_error: null } as const;
    const claimOne = (queue: DeliveryQueue, leaseSeconds = 60): Promise<Delivery> =>
      vi.waitFor(async () => present((await queue.claim(1, leaseSeconds))[0]));

    it('gets the event with the end of its job, once at a time, until it is done with', async () => {
      const queue = createDeliveryQueue(opened.db);
      expect(await queue.claim(9, 60)).toEqual([]);
      const [failed, canceled] = [await submit(asked), await submit(asked)];
      await submit();
      await attempts.fail(await claim(), { code: 'internal_error', detail: 'no' });
      await store.cancel(canceled);
      // Two that ask at once do not get the same.
      const [some, others] = await Promise.all([queue.claim(1, 60), queue.claim(9, 60)]);
      const claimed = [...some, ...others];
      expect(claimed.map(({ job_id }) => job_id).sort()).toEqual([failed, canceled].sort());
      expect(await queue.claim(9, 60)).toEqual([]);
      const delivery = claimed.find(({ job_id }) => job_id === failed);
      expect(delivery).toMatchObject({ owner: 'alice', url: webhook.url, attempts: 1 });
      const job = await jobOf(failed);
      const payload = { type: 'job.failed', timestamp: job?.finished_at, data: job };
      expect(JSON.parse(delivery?.payload ?? '')).toEqual(payload);
      // It outlives the job.
      await store.remove(failed);
      await queue.settle(present(delivery), later, 0.02);
      const second = await claimOne(queue);
      expect(second).toMatchObject({ id: delivery?.id, attempts: 2 });
      await queue.settle(second, arrived, 0);
      await queue.settle(second, later, 0);
      expect(await queue.claim(9, 60)).toEqual([]);
      await opened.db.deleteFrom('deliveries').execute();
    });

    it('is told of on the job: only by the latest attempt, unless another has arrived', async () => {
      const changed: string[] = [];
      const queue = createDeliveryQueue(opened.db, (job) => changed.push(job));
      const id = await submit(asked);
      const told = async () => (await jobOf(id))?.webhook;
      const shown = { url: 'https://example.org/…', events: ['job.failed', 'job.canceled'] };
      expect(await told()).toEqual({ ...shown, deliveries: [] });
      await store.cancel(id);
      const fresh = { state: 'pending', attempts: 0, last_status: null, last_error: null, at: null };
      expect(await told()).toEqual({ ...shown, deliveries: [{ event: 'job.canceled', ...fresh }] });
      const first = await claimOne(queue, 0.02);
      const second = await claimOne(queue);
      const refused = { state: 'failed', last_status: 410, last_error: null } as const;
      await queue.settle(first, later, 0);
      await queue.settle(first, refused, 0);
      expect((await told())?.deliveries).toMatchObject([fresh]);
      await queue.settle(second, later, 60);
      expect((await told())?.deliveries).toMatchObject([{ ...later, attempts: 2 }]);
      expect(Date.parse((await told())?.deliveries[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
      await queue.settle(first, arrived, 0);
      await queue.settle(second, refused, 0);
      expect((await told())?.deliveries).toMatchObject([{ ...arrived, attempts: 2 }]);
      expect(changed).not.toEqual([]);
      expect(new Set(changed)).toEqual(new Set([id]));
    });

    it('whose holder has died is somebody else’s after the lease', async () => {
      const queue = createDeliveryQueue(opened.db);
      await store.cancel(await submit(asked));
      const [first] = await queue.claim(9, 0.05);
      await expect.poll(() => queue.claim(9, 60)).toMatchObject([{ id: first?.id, attempts: 2 }]);
      await opened.db.deleteFrom('deliveries').execute();
    });
  });

  describe('a job', () => {
    it('is stored as it was submitted, and read back', async () => {
      const id = await submit();
      expect(await jobOf(id)).toMatchObject({
        id,
        kind: 'study',
        status: 'queued',
        name: 'a job',
        metadata: { ticket: 'ML-42' },
        estimate: { trials: 3 },
      });
      expect((await store.find(id))?.owner).toBe('alice');
    });

    it.each(['job_none', '', 'job_\0', '\u{fffd}', "'; drop table jobs; --", 'ä'.repeat(10_000)])(
      'with the id %j is not there',
      async (id) => {
        expect(await jobOf(id)).toBeNull();
        expect(await store.cancel(id)).toBeNull();
        expect(await store.remove(id)).toBe('not_found');
      },
    );

    it('takes the name that it was given, whatever the characters', async () => {
      const name = 'ß 🧪 "quoted" \\ \u0001';
      const id = await submit({ experiment: { name, metadata: {} } });
      expect((await jobOf(id))?.name).toBe(name);
    });

    it('ends with its result, and takes everything along when it is removed', async () => {
      const id = await submit();
      const job = await claim();
      await attempts.storeTrial(job, 'key', encodeTrace(trace));
      await attempts.nameRun(job, 'baseline/0', 'key', trace);
      expect(await store.remove(id)).toBe('not_terminal');
      await attempts.succeed(job, Buffer.from('{"ü":1}'), {
        verdict: 'healthy',
        findings: [],
        recommended: [],
      });
      expect(await jobOf(id)).toMatchObject({ status: 'succeeded', progress: { fraction: 1 } });
      expect((await store.result(id))?.toString()).toBe('{"ü":1}');
      expect(await decodeTrace((await store.encodedTrace(id, 'baseline/0')) as Uint8Array)).toEqual(trace);
      expect(await store.remove(id)).toBe('removed');
      expect([await jobOf(id), await store.result(id), await store.events(id, 0, 10)]).toEqual([
        null,
        null,
        [],
      ]);
      const left = await opened.db.selectFrom('trials').selectAll().where('job_id', '=', id).execute();
      expect(left).toEqual([]);
    });
  });

  describe('idempotency', () => {
    const withKey = (fingerprint: string, owner = 'alice') =>
      store.submit(submission({ owner, idempotency: { key: 'k', fingerprint } }), wide);

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
        await store.cancel(id);
        const [again] = await Promise.all([withKey('f'), store.remove(id)]);
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
      const ids = await Promise.all(Array.from({ length: 12 }, () => submit()));
      const claims = await Promise.all(Array.from({ length: 20 }, () => attempts.claim(anyNumber)));
      const claimed = claims.flatMap((job) => (job === null ? [] : [job.id]));
      expect(claimed.sort()).toEqual(ids.sort());
    });

    it('is first come, first served within an owner', async () => {
      const ids = [await submit(), await submit(), await submit()];
      expect([await claim(), await claim(), await claim()].map(({ id }) => id)).toEqual(ids);
    });

    it('serves owners in turn, however many jobs one has', async () => {
      for (let i = 0; i < 5; i++) await submit();
      const bobs = await submit({ owner: 'bob' });
      await claim();
      expect((await claim()).id).toBe(bobs);
      const carols = [await submit({ owner: 'carol' }), await submit({ owner: 'carol' })];
      const next = [await claim(), await claim(), await claim()];
      expect(next.map(({ owner }) => owner)).toEqual(['carol', 'alice', 'carol']);
      expect([next[0]?.id, next[2]?.id]).toEqual(carols);
    });

    it('runs no more jobs of an owner at once than it may, also when all workers ask at once', async () => {
      for (let i = 0; i < 6; i++) await submit();
      await submit({ owner: 'bob' });
      const claims = await Promise.all(Array.from({ length: 10 }, () => attempts.claim(() => 2)));
      const owners = claims.flatMap((job) => (job === null ? [] : [job.owner]));
      expect(owners.sort()).toEqual(['alice', 'alice', 'bob']);
    });

    it('goes on with an interrupted job first, whatever others wait, and counts its turn once', async () => {
      const [first] = [await submit(), await submit(), await submit({ owner: 'bob' })];
      await submit({ owner: 'carol' });
      await attempts.release(await claim());
      expect(await claim()).toMatchObject({ id: first, attempt: 2 });
      const next = [await claim(), await claim(), await claim()];
      expect(next.map(({ owner }) => owner)).toEqual(['bob', 'carol', 'alice']);
    });

    it('gives the turn to the next where a job is canceled at that moment', async () => {
      const ids = await Promise.all(Array.from({ length: 10 }, () => submit()));
      const [, ...claims] = await Promise.all([
        Promise.all(ids.slice(0, 5).map((id) => store.cancel(id))),
        ...Array.from({ length: 5 }, () => attempts.claim(anyNumber)),
      ]);
      expect(claims.filter((job) => job === null)).toEqual([]);
    });
  });

  describe('a quota', () => {
    it('of queued jobs holds for submissions at once', async () => {
      const quota = { ...wide, max_queued_jobs: 3 };
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.submit(submission(), quota)));
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
      await claim();
      await submit({}, quota);
    });

    it('of FLOPs an hour holds for submissions at once, and is free again after the hour', async () => {
      const quota = { ...wide, max_flops_per_hour: 3.5e6 };
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => store.submit(submission(), quota)));
      expect(outcomes.filter(({ kind }) => kind === 'created')).toHaveLength(3);
      const excess = outcomes.find(({ kind }) => kind === 'over_quota');
      expect(excess).toMatchObject({ retry_after_s: expect.closeTo(3600, -1.5) });
      const created_at = new Date(Date.now() - 3_601_000).toISOString();
      await opened.db.updateTable('submissions').set({ created_at }).execute();
      await submit({}, quota);
    });

    it('of FLOPs an hour is not used up by what a clock that was set back left in the future', async () => {
      const quota = { ...wide, max_flops_per_hour: 3.5e6 };
      for (let i = 0; i < 3; i++) await submit({}, quota);
      const created_at = new Date(Date.now() + 2 * 86_400_000).toISOString();
      await opened.db.updateTable('submissions').set({ created_at }).execute();
      for (let i = 0; i < 3; i++) await submit({}, quota);
      expect((await store.submit(submission(), quota)).kind).toBe('over_quota');
    });
  });

  describe('retention', () => {
    it('deletes what ended so long ago by the clock of the database, and nothing else', async () => {
      const ended = async () => {
        const id = await submit();
        await attempts.canceled(await claim());
        return id;
      };
      const [old, recent] = [await ended(), await ended()];
      const running = await submit();
      await claim();
      const waiting = await submit();
      const finished_at = new Date(Date.now() - 11 * 86_400_000).toISOString();
      await opened.db.updateTable('jobs').set({ finished_at }).where('id', '=', old).execute();
      expect(await store.removeEnded(10 * 86_400)).toBe(1);
      expect(await store.removeEnded(10 * 86_400)).toBe(0);
      const left = [old, recent, running, waiting].map(statusOf);
      expect(await Promise.all(left)).toEqual([undefined, 'canceled', 'running', 'queued']);
    });
  });

  describe('an attempt', () => {
    it('names the trial of a run anew', async () => {
      const id = await submit();
      const job = await claim();
      await attempts.storeTrial(job, 'new', encodeTrace(trace));
      await attempts.nameRun(job, 'baseline/0', 'old', trace);
      const final = { ...trace.final, loss: Number.NaN, accuracy: 0.5 };
      await attempts.nameRun(job, 'baseline/0', 'new', { ...trace, seed: 7, final });
      const outcome = { seed: 7, final_loss: null, final_accuracy: 0.5, non_finite: { final_loss: 'nan' } };
      expect((await store.outcomes(id)).get('baseline/0')).toMatchObject(outcome);
      expect(await decodeTrace((await store.encodedTrace(id, 'baseline/0')) as Uint8Array)).toEqual(trace);
    });

    it('writes nothing once it has lost the job', async () => {
      const id = await submit();
      const old = await claim();
      await attempts.release(old);
      const current = await claim();
      const summary = { verdict: 'healthy' as const, findings: [], recommended: [] };
      const progress = { phase: 'baseline' as const, completed_trials: 1, total_trials: 2 };
      for (const write of [
        () => attempts.heartbeat(old),
        () => attempts.progress(old, progress as never, null),
        () => attempts.storeTrial(old, 'key', encodeTrace(trace)),
        () => attempts.nameRun(old, 'baseline/0', 'key', trace),
        () => attempts.succeed(old, Buffer.from('old'), summary),
        () => attempts.fail(old, { code: 'internal_error', detail: '' }),
        () => attempts.canceled(old),
        () => attempts.release(old),
      ]) {
        await expect(write()).rejects.toThrow(LostAttempt);
      }
      expect(await attempts.knownTrial(current, 'key')).toBeNull();
      await attempts.succeed(current, Buffer.from('new'), summary);
      expect((await store.result(id))?.toString()).toBe('new');
    });

    it('finds the trials that the one before has finished', async () => {
      await submit();
      const first = await claim();
      await attempts.storeTrial(first, 'key', encodeTrace(trace));
      await attempts.storeTrial(first, 'key', encodeTrace(trace));
      await attempts.release(first);
      expect(await attempts.knownTrial(await claim(), 'key')).toEqual(trace);
    });

    it('hears of a cancel with its heartbeat; a queued job is canceled at once', async () => {
      const [running, queued] = [await submit(), await submit()];
      const job = await claim();
      expect(await attempts.heartbeat(job)).toBe(false);
      expect((await store.cancel(running))?.status).toBe('running');
      expect((await store.cancel(queued))?.status).toBe('canceled');
      expect(await attempts.heartbeat(job)).toBe(true);
      await attempts.canceled(job);
      expect((await store.cancel(running))?.status).toBe('canceled');
      expect(await attempts.claim(anyNumber)).toBeNull();
    });
  });

  describe('events', () => {
    it('are numbered without gaps, also when cancel and progress come at once', async () => {
      const id = await submit();
      const job = await claim();
      const progress = (completed_trials: number) => ({
        ...{ phase: 'baseline', completed_trials, total_trials: 20 },
      });
      await Promise.all([
        ...Array.from({ length: 20 }, (_, i) => attempts.progress(job, progress(i) as never, i)),
        store.cancel(id),
      ]);
      const events = await store.events(id, 0, 100);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 22 }, (_, i) => i + 1));
      expect((await store.events(id, 20, 1)).map(({ seq }) => seq)).toEqual([21]);
    });
  });

  describe('lists', () => {
    it('go on where they were, whatever was submitted in between', async () => {
      const ids = [await submit(), await submit(), await submit()];
      await submit({ owner: 'bob' });
      const first = await store.list({ owner: 'alice', limit: 2 });
      await submit();
      const rest = await store.list({ owner: 'alice', limit: 2, cursor: first.next_cursor ?? '' });
      expect([...first.data, ...rest.data].map(({ id }) => id)).toEqual(ids.reverse());
      expect([first.has_more, rest.has_more, rest.next_cursor]).toEqual([true, false, null]);
    });

    it('refuse a cursor that is not theirs', async () => {
      await expect(store.list({ owner: 'alice', limit: 1, cursor: 'x' })).rejects.toThrow(InvalidCursor);
      const far = Buffer.from('p999999999999999').toString('base64url');
      expect(await store.list({ owner: 'alice', limit: 1, cursor: far })).toMatchObject({ data: [] });
    });
  });

  describe('adoption', () => {
    it('takes the jobs of silent workers, and leaves those of the living', async () => {
      const [dead, alive] = [await submit(), await submit()];
      await claim();
      await silence(30);
      await claim();
      await recoverJobs(attempts, 20);
      expect([await statusOf(dead), await statusOf(alive)]).toEqual(['queued', 'running']);
    });

    it('happens once, also when all workers look at once', async () => {
      const id = await submit();
      await claim();
      await silence(30);
      await Promise.all(Array.from({ length: 6 }, () => recoverJobs(attempts, 20)));
      const statuses = (await store.events(id, 0, 100)).map(({ data }) => data.status);
      expect(statuses).toEqual(['queued', 'running', 'queued']);
    });

    it('ends a job that was to be canceled', async () => {
      const id = await submit();
      await claim();
      await store.cancel(id);
      await silence(30);
      await recoverJobs(attempts, 20);
      expect(await statusOf(id)).toBe('canceled');
    });

    it('is not put off by a clock that was set back an hour', async () => {
      const id = await submit();
      await claim();
      await silence(-3600);
      await recoverJobs(attempts, 20);
      expect(await statusOf(id)).toBe('queued');
    });

    it('forgives a job whose worker was alive after all', async () => {
      const id = await submit();
      for (let attempt = 1; attempt <= 4; attempt++) {
        const job = await claim();
        await silence(30);
        await recoverJobs(attempts, 20);
        await attempts.acquit(job);
      }
      expect(await statusOf(id)).toBe('queued');
    });

    it('fails a job whose process died twice before it finished a trial, and no other', async () => {
      const [killer, fine] = [await submit(), await submit()];
      for (const attempt of [1, 2]) {
        const jobs = [await claim(), await claim()];
        expect(jobs.map((job) => job.attempt)).toEqual([attempt, attempt]);
        const finishing = jobs.find(({ id }) => id === fine);
        if (finishing !== undefined)
          await attempts.storeTrial(finishing, `key ${attempt}`, encodeTrace(trace));
        await silence(30);
        await recoverJobs(attempts, 20);
      }
      expect(await jobOf(killer)).toMatchObject({
        status: 'failed',
        error: { code: 'job_crashed_process' },
      });
      expect(await statusOf(fine)).toBe('queued');
    });
  });

  const found = async (filter: JobFilter) =>
    (await store.list({ owner: 'alice', limit: 100, ...filter })).data.map(({ name }) => name);

  it('filters by a pair of the metadata, whatever its key and value hold', async () => {
    const hard = ['a"zz', 'a.b', '$', '[0]', '0', '', ',', ':', '\\u0000', '\0', 'é', '__proto__'];
    for (const key of hard) {
      const metadata = Object.fromEntries([[key, `"${key}`]]);
      await submit({ experiment: { name: key, metadata } });
    }
    await submit({
      experiment: { name: 'other', metadata: { 'a"zz0': '1', x: '\ud800', y: '":"', z: '\\' } },
    });
    await submit({ experiment: { name: 'commas', metadata: { 'a,': ':', ',': '1' } } });
    for (const key of hard)
      expect(await found({ metadata: Object.fromEntries([[key, `"${key}`]]) })).toEqual([key]);
    expect(await found({ metadata: { zz0: '1' } })).toEqual([]);
    expect(await found({ metadata: { ':': ',' } })).toEqual([]);
    expect(await found({ metadata: { b: '"a.b' } })).toEqual([]);
    expect(await found({ metadata: { 'a"zz0': '1', z: '\\' } })).toEqual(['other']);
  });

  it('filters by words in name, findings, remedies and metadata, not in how they are written down', async () => {
    await submit({ experiment: { name: '50% "deep"', metadata: { ticket: 'ML_42', 'é\0': '\ud800=' } } });
    await submit({ experiment: { name: 'plain', metadata: {} } });
    await attempts.succeed(await claim(), Buffer.from('{}'), {
      verdict: 'unhealthy',
      findings: ['vanishing_gradient'],
      recommended: ['use_relu+add_batch_norm'],
    });
    const all = ['50% "deep"'];
    for (const text of ['deep 50%', '"DEEP"', 'ticket=ml_42', 'VANISHING', 'relu gradient', 'batch_norm ml'])
      expect([text, await found({ text })]).toEqual([text, all]);
    for (const text of ['ticket=mlx42', 'findings', 'verdict', 'u0000', 'null', '\\', 'relu plain', '50%d'])
      expect([text, await found({ text })]).toEqual([text, []]);
    expect(await found({ text: ' ' })).toEqual(['plain', ...all]);
    expect(await found({ verdict: 'unhealthy' })).toEqual(all);
    expect(await found({ verdict: 'healthy' })).toEqual([]);
    expect(await found({ kind: 'search' })).toEqual([]);
    expect(await found({ kind: 'study', status: 'succeeded' })).toEqual(all);
  });

  it('filters by a part of the name, not of how it is written down', async () => {
    for (const name of ['first\nline', 'ÄRGER', '50% \\', undefined])
      await submit({ experiment: { name, metadata: {} } as unknown as OwnedSubmission['experiment'] });
    expect(await found({ name: 'nline' })).toEqual([]);
    expect(await found({ name: 'null' })).toEqual([]);
    expect(await found({ name: 'T\nL' })).toEqual(['first\nline']);
    expect(await found({ name: '% \\' })).toEqual(['50% \\']);
    expect(await found({ name: 'rGe' })).toEqual(['ÄRGER']);
    // PostgreSQL folds what its locale has.
    if (isSqlite) expect(await found({ name: 'ärg' })).toEqual(['ÄRGER']);
  });
});

describe('a SQLite file that another program has locked', () => {
  it('is waited for, and then told as a database that does not answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradclinic-locked-'));
    const logger = pino({ level: 'silent' });
    const { db, close } = await openDatabase({ dataDir: folder, databaseUrl: null, logger });
    await sql`pragma busy_timeout = 100`.execute(db);
    const other = new Database(join(folder, 'gradclinic.sqlite'));
    other.exec('BEGIN IMMEDIATE');
    const failure = await new JobStore(db).submit(submission(), wide).catch((error: unknown) => error);
    expect(storageFailure(failure)).toBe('unavailable');
    other.exec('ROLLBACK');
    other.close();
    expect((await new JobStore(db).submit(submission(), wide)).kind).toBe('created');
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('replicas on PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await databases[1].start();
  });
  afterAll(() => database.stop());

  it('say in one line, without the password, that PostgreSQL does not answer', async () => {
    const databaseUrl = 'postgres://user:secret@127.0.0.1:1/jobs';
    const logger = pino({ level: 'silent' });
    const message = await openDatabase({ dataDir: '', databaseUrl, logger }).then(
      () => 'it answered',
      (error: Error) => error.message,
    );
    expect(message).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:1\/jobs \(DATABASE_URL\) does not answer: .*ECONNREFUSED.*$/,
    );
    expect(message).not.toContain('secret');
  });

  it('may have a password of any characters, in PGPASSWORD', async () => {
    const admin = await database.open();
    const password = "a/b@c#d?e%f: '&";
    await sql`create role operator login superuser password ${sql.lit(password)}`.execute(admin.db);
    const { rows } = await sql<{ url: string }>`
      select 'postgres://operator@127.0.0.1:' || current_setting('port') || '/' || current_database() as url`.execute(
      admin.db,
    );
    const databaseUrl = rows[0]?.url ?? '';
    vi.stubEnv('PGPASSWORD', password);
    const opened = await openDatabase({ dataDir: '', databaseUrl, logger: pino({ level: 'silent' }) });
    const queue = await openSharedQueue({ url: databaseUrl, name: 'q', leaseSeconds: 10, onError: () => {} });
    vi.unstubAllEnvs();
    expect(await queue.take()).toBeNull();
    expect((await new JobStore(opened.db).submit(submission(), wide)).kind).toBe('created');
    await queue.close();
    await Promise.all([opened.close(), admin.close()]);
  });

  it('may all start at once on an empty database', async () => {
    const replicas = await Promise.all(Array.from({ length: 8 }, () => database.open()));
    const stores = replicas.map(({ db }) => new JobStore(db));
    await Promise.all(stores.map((store) => store.submit(submission(), wide)));
    for (const store of stores) {
      expect((await store.list({ owner: 'alice', limit: 100 })).data).toHaveLength(8);
    }
    const claims = await Promise.all(replicas.map(({ db }) => new Attempts(db).claim(anyNumber)));
    expect(new Set(claims.map((job) => job?.id)).size).toBe(8);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('take a PostgreSQL that only follows another for one that does not answer, until they reach the one that is written to', async () => {
    const here = await database.open();
    const admin = await database.open();
    const store = new JobStore(here.db);
    const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(admin.db);
    const name = sql.id(rows[0]?.name ?? '');
    await sql`alter database ${name} set default_transaction_read_only = on`.execute(admin.db);
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      admin.db,
    );
    const failureOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);
    for (const work of [() => store.submit(submission(), wide), () => store.ping()]) {
      // The first to hear of it is a connection that was ended.
      await expect.poll(() => failureOf(work())).toMatchObject({ code: '25006' });
      expect(storageFailure(await failureOf(work()))).toBe('unavailable');
    }
    await sql`alter database ${name} reset default_transaction_read_only`.execute(admin.db);
    // By new connections: those that were refused are closed.
    await store.ping();
    expect((await store.submit(submission(), wide)).kind).toBe('created');
    await Promise.all([here.close(), admin.close()]);
  });

  it('take a query that is not answered for a database that does not, and its connection for lost', async () => {
    const here = await database.open();
    const failure = await sql`select pg_sleep(30)`.execute(here.db).catch((error: unknown) => error);
    expect(storageFailure(failure)).toBe('unavailable');
    // Not behind the one that still sleeps.
    const asked = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => new JobStore(here.db).ping()));
    expect(performance.now() - asked).toBeLessThan(5000);
    await here.close();
  });

  it('listen again after their connection was cut', async () => {
    const [here, there] = [await database.open(), await database.open()];
    const heard: string[] = [];
    let listening = 0;
    await there.listen({ onListening: () => listening++, onAnnouncement: ({ job }) => void heard.push(job) });
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gradclinic listener'`.execute(
      here.db,
    );
    await expect.poll(() => listening, { timeout: 10_000 }).toBe(2);
    await announce(here.db, { kind: 'event', job: 'job_after' });
    await expect.poll(() => heard).toEqual(['job_after']);
    await Promise.all([here.close(), there.close()]);
  });

  it('a transaction whose process has stopped in the middle is ended by the database', async () => {
    const here = await database.open();
    const { setting } = (
      await sql<{
        setting: string;
      }>`select current_setting('idle_in_transaction_session_timeout') as setting`.execute(here.db)
    ).rows[0] as { setting: string };
    expect(setting).toBe('15s');
    await here.close();
  });

  it('hear of what another has committed, and of nothing that was rolled back', async () => {
    const [here, there] = [await database.open(), await database.open()];
    const heard: Announcement[] = [];
    await there.listen({
      onListening: () => {},
      onAnnouncement: (announcement) => void heard.push(announcement),
    });
    const store = new JobStore(here.db);
    const attempts = new Attempts(here.db);
    await expect(
      here.db.transaction().execute(async (db) => {
        await announce(db, { kind: 'queued', job: 'job_rolled_back' });
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    const outcome = await store.submit(submission(), wide);
    const job = 'job' in outcome ? outcome.job.id : '';
    for (;;) {
      const claimed = await attempts.claim(anyNumber);
      if (claimed?.id === job || claimed === null) break;
    }
    await store.cancel(job);
    await expect
      .poll(() => heard.filter((one) => one.job === job).map(({ kind }) => kind))
      .toEqual(['queued', 'event', 'cancel']);
    expect(heard.some((one) => one.job === 'job_rolled_back')).toBe(false);
    await Promise.all([here.close(), there.close()]);
  });
});
