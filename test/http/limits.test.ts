/** @file What one key may use of a real service, and that it is told when to try again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import type { Job } from '../../src/jobs/index.ts';
import { isLong } from '../faults/workload.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from './service.ts';

type Headers = Record<string, string>;

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-limits-'));
const API_KEYS_FILE = join(folder, 'keys.json');
const bearer = (key: string): Headers => ({ authorization: `Bearer ${key}` });
const alice = bearer(addKey(API_KEYS_FILE, 'alice'));
const bob = bearer(addKey(API_KEYS_FILE, 'bob'));

const training = (steps: number) => ({ ...(tinyExperiment().training as object), steps });
const endless = () => tinyExperiment({ ...endlessTraining(), remedies: { verify: false } });
const quick = () => tinyExperiment({ training: training(1), remedies: { verify: false } });

const services: TestService[] = [];
const start = async (settings: Record<string, string>): Promise<TestService> => {
  const service = await startTestService({ API_KEYS_FILE, ...settings });
  services.push(service);
  return service;
};
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
});

interface JobPage {
  readonly data: readonly Job[];
  readonly next_cursor: string | null;
}

/** The code of a refusal, which has to say in how many seconds to come back. */
async function refusal(response: Response, longest: number): Promise<[number, string]> {
  const seconds = Number(response.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(longest);
  return [response.status, ((await response.json()) as { code: string }).code];
}

const submit = async (service: TestService, owner: Headers, experiment: unknown): Promise<Job> => {
  const response = await service.post('/v1/jobs', experiment, owner);
  expect(response.status, await response.clone().text()).toBe(202);
  return (await response.json()) as Job;
};

const ended = async (service: TestService, owner: Headers, { id }: Job): Promise<Job> =>
  (await (await service.get(`/v1/jobs/${id}`, { ...owner, prefer: 'wait=60' })).json()) as Job;

describe('rate', () => {
  it('is counted for each key; probes are not counted', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '3' });
    for (let i = 0; i < 3; i++) expect((await service.get('/v1/jobs', alice)).status).toBe(200);
    expect(await refusal(await service.get('/v1/jobs', alice), 60)).toEqual([429, 'rate_limited']);
    expect((await service.get('/v1/jobs', bob)).status).toBe(200);
    expect((await service.get('/healthz', alice)).status).toBe(200);
  });

  it('of wrong keys is counted for the address, so that guessing is slow', async () => {
    const service = await start({ RATE_LIMIT_PER_MINUTE: '3' });
    for (let i = 0; i < 3; i++) expect((await service.get('/v1/jobs', bearer(`guess${i}`))).status).toBe(401);
    expect(await refusal(await service.get('/v1/jobs', bearer('guess')), 60)).toEqual([429, 'rate_limited']);
    expect((await service.get('/v1/jobs', alice)).status).toBe(200);
  });
});

describe('jobs', () => {
  it('queued are bounded for each key; a canceled one makes room', async () => {
    const service = await start({ MAX_QUEUED_JOBS: '2' });
    const running = await submit(service, alice, endless());
    await expect
      .poll(async () => ((await (await service.get(running.links.self, alice)).json()) as Job).status)
      .toBe('running');
    const [first] = [await submit(service, alice, quick()), await submit(service, alice, quick())];
    const third = () => service.post('/v1/jobs', quick(), alice);
    expect(await refusal(await third(), 60)).toEqual([429, 'quota_exceeded']);
    await submit(service, bob, quick());
    await service.post(first.links.cancel, '', alice);
    expect((await third()).status).toBe(202);
  });

  it('may take so many FLOPs together, for each key and job', async () => {
    const probe = await start({});
    const { estimate } = await submit(probe, alice, quick());
    const flops = Math.ceil(estimate.flops_per_step * estimate.trials);
    const service = await start({ MAX_FLOPS_PER_HOUR: String(Math.ceil(2.5 * flops)) });
    const [first] = [await submit(service, alice, quick()), await submit(service, alice, quick())];
    await ended(service, alice, first);
    // Deleting does not give back what was used.
    expect((await fetch(service.url + first.links.self, { method: 'DELETE', headers: alice })).status).toBe(
      204,
    );
    expect(await refusal(await service.post('/v1/jobs', quick(), alice), 3600)).toEqual([
      429,
      'quota_exceeded',
    ]);
    await submit(service, bob, quick());
    const large = await service.post('/v1/jobs', tinyExperiment({ training: training(100) }), bob);
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([
      422,
      'experiment_too_large',
    ]);
  });

  it('end at their time limit', async () => {
    const service = await start({ MAX_JOB_SECONDS: '1' });
    const job = await ended(service, alice, await submit(service, alice, endless()));
    expect(job).toMatchObject({ status: 'failed', error: { code: 'job_timed_out' } });
  });

  it('are deleted RETENTION_DAYS after their end', async () => {
    const DATA_DIR = mkdtempSync(join(folder, 'data-'));
    const file = join(DATA_DIR, 'gradclinic.sqlite');
    const before = await startTestService({ API_KEYS_FILE, DATA_DIR });
    const jobs = [await submit(before, alice, quick()), await submit(before, alice, quick())];
    for (const job of jobs) await ended(before, alice, job);
    // As `close` of the helper deletes the folder, the second service is given a copy.
    const database = new Database(file);
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000).toISOString();
    database.prepare('update jobs set finished_at = ? where id = ?').run(twoDaysAgo, jobs[0]?.id);
    const copy = mkdtempSync(join(folder, 'copy-'));
    await database.backup(join(copy, 'gradclinic.sqlite'));
    database.close();
    await before.close();
    const after = await start({ DATA_DIR: copy, RETENTION_DAYS: '1' });
    const statuses = jobs.map(async ({ links }) => (await after.get(links.self, alice)).status);
    expect(await Promise.all(statuses)).toEqual([404, 200]);
  });
});

/** Of one key. */
const JOBS = isLong ? 1000 : 100;

describe('fairness', () => {
  it(`${JOBS} jobs of one key do not hold up the first of another`, async () => {
    const service = await start({ MAX_QUEUED_JOBS: '2000', RATE_LIMIT_PER_MINUTE: '100000' });
    const many: Job[] = [];
    // One at a time would let the queue run empty.
    const stopper = await submit(service, alice, endless());
    for (let i = 0; i < JOBS / 20; i++) {
      many.push(...(await Promise.all(Array.from({ length: 20 }, () => submit(service, alice, quick())))));
    }
    const own = await submit(service, bob, quick());
    await service.post(stopper.links.cancel, '', alice);
    const { started_at } = await ended(service, bob, own);
    const ids = new Set(many.map(({ id }) => id));
    const started: Job['started_at'][] = [];
    for (let cursor: string | null = '', page: JobPage; cursor !== null; cursor = page.next_cursor) {
      const query = cursor === '' ? '' : `&cursor=${cursor}`;
      page = (await (await service.get(`/v1/jobs?limit=100${query}`, alice)).json()) as JobPage;
      started.push(...page.data.filter(({ id }) => ids.has(id)).map(({ started_at: time }) => time));
    }
    expect(started).toHaveLength(JOBS);
    const earlier = started.filter((time) => time !== null && time < (started_at as string));
    expect(earlier.length).toBeLessThanOrEqual(1);
  });
});

describe('back-pressure', () => {
  const SETTINGS = [
    ['memory', { MAX_RSS_BYTES: '1' }, async () => {}],
    [
      'the event loop',
      { MAX_EVENT_LOOP_DELAY_MS: '100' },
      // One long task after another, with a turn for others in between.
      async () => {
        for (let i = 0; i < 6; i++) {
          for (const end = Date.now() + 400; Date.now() < end; );
          await new Promise((resolve) => setTimeout(resolve, 15));
        }
      },
    ],
  ] as const;

  it.each(SETTINGS)('of %s is 503, and probes are answered', async (_what, settings, press) => {
    const service = await start(settings);
    await expect
      .poll(
        async () => {
          await press();
          return (await service.post('/v1/jobs', quick(), alice)).status;
        },
        { interval: 0 },
      )
      .toBe(503);
    await press();
    expect(await refusal(await service.get('/v1/jobs', alice), 60)).toEqual([503, 'overloaded']);
    await press();
    // Of whoever needs no key as well.
    expect(await refusal(await service.get('/v1/catalog'), 60)).toEqual([503, 'overloaded']);
    expect((await service.get('/healthz')).status).toBe(200);
    expect((await service.get('/readyz')).status).toBe(200);
  });
});
