/** @file Trials of one study on several workers, one of which is cut off from the database for a while. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { type CuttableNetwork, startProxy } from './proxy.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { experiment, isLong, report, submit } from './workload.ts';

const PATIENCE_MS = 600_000;
const CUT_MS = 40_000;

/** Some twenty trials, of half a second and more each: a cut comes in the middle of some. */
const study = (seed: number) => experiment(seed, { steps: 2000, remedies: { seeds: 2, max_trials: 20 } });

describe.runIf(isLong)('a study on several workers', () => {
  let postgres: PostgresServer;
  let databaseUrl: string;
  let proxy: CuttableNetwork;
  let client: pg.Client;
  let api: ServerProcess;
  /** The last of them reaches the database through the proxy. */
  let workers: ServerProcess[];
  let calm: object;

  const start = (ROLE: string, DATABASE_URL = databaseUrl) =>
    startServerProcess({
      settings: { ROLE, DATABASE_URL, LEASE_SECONDS: '10', WORKER_THREADS: '1', SHARED_TRIAL_SECONDS: '0' },
    });
  const throughProxy = () => {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String(proxy.port);
    return start('worker', url.href);
  };

  beforeAll(async () => {
    postgres = await startPostgres();
    databaseUrl = await postgres.createDatabase();
    proxy = await startProxy(Number(new URL(databaseUrl).port));
    client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    api = await start('api');
    workers = await Promise.all([start('worker'), start('worker'), throughProxy()]);
    calm = await report(api.url, await submit(api.url, study(100)));
  }, PATIENCE_MS);
  afterAll(async () => {
    killAll();
    proxy.close();
    await client.end();
    await postgres.stop();
  });

  const keysOf = (worker: ServerProcess, id: string) =>
    worker.log.flatMap(({ msg, job_id, key }) => (msg === 'trial trained' && job_id === id ? [key] : []));
  const count = async (table: string, id: string) => {
    const { rows } = await client.query(`select count(*)::integer as n from ${table} where job_id = $1`, [
      id,
    ]);
    return rows[0].n as number;
  };
  const begun = (id: string, trials: number) =>
    expect
      .poll(() => count('trials', id), { timeout: PATIENCE_MS, interval: 50 })
      .toBeGreaterThanOrEqual(trials);

  /** What is left once the report is there: nothing that waits, no trial or run twice. */
  async function expectOnce(id: string): Promise<void> {
    expect(await count('orders', id)).toBe(0);
    expect(await count('snapshots', id)).toBe(0);
    const runs = (await (await fetch(`${api.url}/v1/jobs/${id}/runs`)).json()) as { data: { run: string }[] };
    const names = runs.data.map(({ run }) => run);
    expect(new Set(names).size).toBe(names.length);
  }

  it('of which one is cut off from the database for 40 s: another repeats its trial, the late answer changes nothing', {
    timeout: PATIENCE_MS,
  }, async () => {
    const cutOff = workers[2] as ServerProcess;
    const id = await submit(api.url, study(100));
    await begun(id, 2);
    proxy.cut();
    const before = keysOf(cutOff, id);
    await sleep(CUT_MS);
    proxy.mend();
    expect(await report(api.url, id)).toEqual(calm);
    await expectOnce(id);
    expect(cutOff.alive).toBe(true);
    // It takes part again.
    const next = await submit(api.url, study(100));
    expect(await report(api.url, next)).toEqual(calm);
    await expect
      .poll(() => keysOf(cutOff, next).length + keysOf(cutOff, id).length)
      .toBeGreaterThan(before.length);
    const others = new Set(workers.slice(0, 2).flatMap((worker) => keysOf(worker, id)));
    const twice = keysOf(cutOff, id).filter((key) => others.has(key));
    process.stdout.write(`cut off for 40 s: ${twice.length} of the trials were answered twice\n`);
  });
});
