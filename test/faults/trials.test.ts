/** @file Trials of one study on several workers: killed, stopped for a while, told to end. The reports stay as they are. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { experiment, isLong, readJob, report, reports, statusesOf, submit } from './workload.ts';

const KILLS = 100;
/** Of a busy machine. */
const PATIENCE_MS = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-trials-'));

/** Time to meddle with it. */
const study = (seed: number) =>
  experiment(seed, { steps: 300, remedies: { seeds: 2, max_trials: isLong ? 20 : 12 } });

let postgres: PostgresServer;
let databaseUrl: string;
let api: ServerProcess;
let workers: ServerProcess[];
/** The report that nothing disturbed, of one process alone. */
let calm: object;

const start = (ROLE: string) =>
  startServerProcess({
    settings: {
      ...{ ROLE, DATABASE_URL: databaseUrl, LEASE_SECONDS: '3', WORKER_THREADS: '1' },
      SHARED_TRIAL_SECONDS: '0',
    },
  });

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  const alone = await startServerProcess({ settings: { DATA_DIR: folder } });
  calm = await report(alone.url, await submit(alone.url, study(100)));
  await alone.kill();
  [api, ...workers] = (await Promise.all(['api', 'worker', 'worker', 'worker'].map(start))) as [
    ServerProcess,
    ...ServerProcess[],
  ];
});
afterAll(async () => {
  killAll();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const trained = (server: ServerProcess, id: string) =>
  server.log.flatMap(({ msg, job_id, key }) => (msg === 'trial trained' && job_id === id ? [key] : []));

const plannerOf = (id: string) =>
  workers.findIndex(({ log }) => log.some(({ msg, job_id }) => msg === 'job started' && job_id === id));

async function query(text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  return client.query(text).finally(() => client.end());
}

/** As if every process at a trial had been silent for a minute; the living say at once that they are not. */
const silence = () =>
  query("update gradclinic_queue.job set heartbeat_on = now() - interval '1 minute' where state = 'active'");

const untilTrained = (id: string, trials: number) =>
  expect
    .poll(async () => (await readJob(api.url, id)).progress.completed_trials)
    .toBeGreaterThanOrEqual(trials);

const keysOf = async (table: 'orders' | 'trials', id: string) =>
  (await query(`select key from ${table} where job_id = '${id}'`)).rows.map(({ key }) => key as string);

/** Stops the process that plans the job where nothing is ordered: what it waited for is trained, and it has not heard of the last. */
async function holdBetweenWaves(planner: ServerProcess, id: string): Promise<void> {
  for (;;) {
    planner.signal('SIGSTOP');
    // What others train ends meanwhile; a training of its own does not.
    for (let look = 0; look < 10; look++) {
      await sleep(50);
      if ((await keysOf('orders', id)).length > 0) continue;
      expect((await readJob(api.url, id)).status).toBe('running');
      return;
    }
    planner.signal('SIGCONT');
    await sleep(50);
  }
}

async function replace(index: number, end: (worker: ServerProcess) => Promise<unknown>): Promise<void> {
  await end(workers[index] as ServerProcess);
  workers[index] = await start('worker');
}

it('are trained by all of them, each once, and make the report of one process alone', async () => {
  const id = await submit(api.url, study(100));
  expect(await report(api.url, id)).toEqual(calm);
  const shares = workers.map((worker) => trained(worker, id));
  expect(shares.filter((share) => share.length > 0).length).toBeGreaterThan(1);
  expect(new Set(shares.flat()).size).toBe(shares.flat().length);
  expect((await query('select * from orders')).rows).toEqual([]);
});

it('go on elsewhere at once where a worker ends in good order, and where the one that planned them dies', async () => {
  const id = await submit(api.url, study(100));
  await untilTrained(id, 1);
  const planner = plannerOf(id);
  await replace((planner + 1) % workers.length, async (worker) => expect(await worker.terminate()).toBe(0));
  await replace(planner, (worker) => worker.kill());
  await silence();
  expect(await report(api.url, id)).toEqual(calm);
  expect((await query('select * from orders')).rows).toEqual([]);
  expect((await statusesOf(api.url, id)).at(-1)).toBe('succeeded');
});

it('are ended on all workers where the job is canceled', async () => {
  const endless = { ...study(100), training: { ...study(100).training, steps: 100_000 } };
  // The second time they begin because whoever trained the first is free again: each worker has one thread.
  for (const _time of ['first', 'second']) {
    const id = await submit(api.url, endless);
    const begun = async () =>
      (await query(`select * from orders where starts > 0 and job_id = '${id}'`)).rowCount;
    await expect.poll(begun).toBe(3);
    await fetch(`${api.url}/v1/jobs/${id}/cancel`, { method: 'POST' });
    await expect.poll(async () => (await readJob(api.url, id)).status).toBe('canceled');
  }
});

it.runIf(isLong)(
  'are not repeated where the planner dies between two waves',
  { timeout: PATIENCE_MS },
  async () => {
    const id = await submit(api.url, study(100));
    await untilTrained(id, 3);
    const index = plannerOf(id);
    const planner = workers[index] as ServerProcess;
    await holdBetweenWaves(planner, id);
    const stored = await keysOf('trials', id);
    expect(stored.length).toBeGreaterThanOrEqual(3);
    await replace(index, (worker) => worker.kill());
    expect(await report(api.url, id)).toEqual(calm);
    const later = [...workers, planner].flatMap((worker) => trained(worker, id));
    expect(later.length).toBeGreaterThan(stored.length);
    expect(new Set(later).size).toBe(later.length);
    expect(await keysOf('orders', id)).toEqual([]);
  },
);

it.runIf(isLong)(
  'survive a restart of every process in turn, the api too, while jobs come',
  { timeout: 3 * PATIENCE_MS },
  async () => {
    const ids = [await submit(api.url, study(100))];
    await untilTrained(ids[0] as string, 2);
    for (const index of workers.keys()) {
      await replace(index, async (worker) => expect(await worker.terminate()).toBe(0));
      ids.push(await submit(api.url, study(100)));
      expect(await api.terminate()).toBe(0);
      api = await start('api');
    }
    expect(await reports(api.url, ids)).toEqual(ids.map(() => calm));
    expect((await query('select * from orders')).rows).toEqual([]);
    // An orderly end is no crash, and a job ends once.
    expect((await query('select id from jobs where crash_score > 0')).rows).toEqual([]);
    for (const id of ids)
      expect((await statusesOf(api.url, id)).filter((one) => one === 'succeeded').length).toBe(1);
  },
);

it.runIf(isLong)(`survive ${KILLS} kills of workers at random moments`, { timeout: 3_600_000 }, async () => {
  const random = createRandom(20261126, 'trials');
  const ids = [await submit(api.url, study(100))];
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(1500 * random.uniform());
    await replace(Math.floor(workers.length * random.uniform()), (worker) => worker.kill());
    if ((await readJob(api.url, ids.at(-1) as string)).status === 'succeeded')
      ids.push(await submit(api.url, study(100)));
  }
  expect(await reports(api.url, ids)).toEqual(ids.map(() => calm));
  expect((await query('select * from orders')).rows).toEqual([]);
  process.stdout.write(`trials: ${KILLS} kills, ${ids.length} jobs\n`);
});

it.runIf(isLong)(
  'that a suspended worker had are repeated; its own answers come late and change nothing',
  { timeout: 300_000 },
  async () => {
    const id = await submit(api.url, study(100));
    await untilTrained(id, 2);
    const index = (plannerOf(id) + 1) % workers.length;
    const suspended = workers[index] as ServerProcess;
    suspended.signal('SIGSTOP');
    await sleep(40_000);
    suspended.signal('SIGCONT');
    expect(await report(api.url, id)).toEqual(calm);
    expect(suspended.alive).toBe(true);
    expect(await report(api.url, await submit(api.url, study(100)))).toEqual(calm);
  },
);
