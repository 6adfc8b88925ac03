/** @file kill -9 at random moments under load: every accepted job ends once, with the report of an undisturbed run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../src/util/random.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { experiment, isLong, readJob, reports, statusesOf, submit } from './workload.ts';

const KILLS = isLong ? 100 : 3;
const MAX_PAUSE_MS = isLong ? 1500 : 1000;
/** So many jobs wait or run at every kill. */
const LOAD = isLong ? 3 : 2;

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-kill-'));
  folders.push(folder);
  return folder;
};
const servers: PostgresServer[] = [];
afterAll(async () => {
  killAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await Promise.all(servers.map((server) => server.stop()));
});

interface Deployment {
  /** Where jobs are submitted; may be another after a kill. */
  api(): ServerProcess;
  /** Kills one process, and starts it again. */
  killOne(choice: number): Promise<void>;
  stop(): Promise<void>;
}

async function sqlite(): Promise<Deployment> {
  const DATA_DIR = newFolder();
  const start = () => startServerProcess({ settings: { DATA_DIR } });
  let server = await start();
  return {
    api: () => server,
    async killOne() {
      await server.kill();
      server = await start();
    },
    async stop() {
      await server.kill();
      const database = new Database(join(DATA_DIR, 'gradclinic.sqlite'));
      expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      database.close();
    },
  };
}

async function postgres(): Promise<Deployment> {
  const server = await startPostgres();
  servers.push(server);
  const DATABASE_URL = await server.createDatabase();
  const start = (ROLE: string) =>
    startServerProcess({
      settings: { ROLE, DATABASE_URL, LEASE_SECONDS: '2', WORKER_THREADS: '1' },
    });
  const processes = await Promise.all([start('api'), start('worker'), start('worker')]);
  return {
    api: () => processes[0],
    async killOne(choice) {
      // The api as well, now and then.
      const index = choice < 0.1 ? 0 : choice < 0.55 ? 1 : 2;
      await processes[index].kill();
      processes[index] = await start(index === 0 ? 'api' : 'worker');
    },
    stop: async () => void (await Promise.all(processes.map((one) => one.kill()))),
  };
}

/** One for each seed: the report that nothing disturbed. */
async function undisturbed(seeds: readonly number[]): Promise<Map<number, object>> {
  const server = await startServerProcess({ settings: { DATA_DIR: newFolder() } });
  const ids = await Promise.all(seeds.map((seed) => submit(server.url, experiment(seed))));
  const all = await reports(server.url, ids);
  await server.kill();
  return new Map(seeds.map((seed, i) => [seed, all[i] as object]));
}

const isWaiting = async (url: string, id: string) => {
  const { status } = await readJob(url, id);
  return status === 'queued' || status === 'running';
};

const SEEDS = isLong ? [100, 101, 102, 103, 104] : [100];
let expected: Promise<Map<number, object>> | null = null;

describe.each([
  { name: 'SQLite', start: sqlite },
  { name: 'PostgreSQL with two workers', start: postgres },
])('$name', isLong ? { timeout: 3_600_000 } : {}, ({ name, start }) => {
  it(`loses no accepted job and changes no report in ${KILLS} kills`, async () => {
    expected ??= undisturbed(SEEDS);
    const calm = await expected;
    const deployment = await start();
    const random = createRandom(20261123, name);
    const jobs: { id: string; seed: number }[] = [];
    let waiting: string[] = [];
    const fill = async () => {
      const { url } = deployment.api();
      const states = await Promise.all(waiting.map((id) => isWaiting(url, id)));
      waiting = waiting.filter((_, i) => states[i]);
      while (waiting.length < LOAD) {
        const seed = SEEDS[jobs.length % SEEDS.length] as number;
        const id = await submit(url, experiment(seed));
        jobs.push({ id, seed });
        waiting.push(id);
      }
    };
    for (let kill = 0; kill < KILLS; kill++) {
      await fill();
      await sleep(MAX_PAUSE_MS * random.uniform());
      await deployment.killOne(random.uniform());
    }
    const { url } = deployment.api();
    const ids = jobs.map(({ id }) => id);
    expect(await reports(url, ids)).toEqual(jobs.map(({ seed }) => calm.get(seed)));
    let attempts = 0;
    for (const id of ids) {
      const statuses = await statusesOf(url, id);
      expect(statuses.filter((status) => status === 'succeeded' || status === 'failed')).toEqual([
        'succeeded',
      ]);
      expect(statuses.at(-1)).toBe('succeeded');
      attempts += statuses.filter((status) => status === 'running').length;
    }
    process.stdout.write(`${name}: ${KILLS} kills, ${jobs.length} jobs, ${attempts} attempts\n`);
    await deployment.stop();
  });
});
