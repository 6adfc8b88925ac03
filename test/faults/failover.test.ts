/** @file A study on two workers goes on while its PostgreSQL is lost and a standby that is somewhat behind takes its place. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { type CuttableNetwork, startProxy } from './proxy.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { type Standby, startStandby } from './standby.ts';
import { experiment, isLong, readJob, report, reports, submit } from './workload.ts';

const PATIENCE_MS = 300_000;
/** What the standby has not heard of when it is promoted. */
const BEHIND_MS = 1000;

const study = experiment(100, { steps: 1000, remedies: { seeds: 2, max_trials: 20 } });

describe.runIf(isLong)('a study whose database fails over', () => {
  let postgres: PostgresServer;
  let standby: Standby;
  /** From the processes to the database, and from the standby to what it follows. */
  let network: CuttableNetwork;
  let replication: CuttableNetwork;
  let api: ServerProcess;
  let workers: ServerProcess[];
  let calm: object;

  beforeAll(async () => {
    postgres = await startPostgres();
    const url = new URL(await postgres.createDatabase());
    const port = Number(url.port);
    network = await startProxy(port);
    replication = await startProxy(port);
    standby = await startStandby(url.href, replication.port);
    url.hostname = '127.0.0.1';
    url.port = String(network.port);
    const start = (ROLE: string) =>
      startServerProcess({
        settings: {
          ...{ ROLE, DATABASE_URL: url.href, LEASE_SECONDS: '5', WORKER_THREADS: '1' },
          SHARED_TRIAL_SECONDS: '0',
        },
      });
    [api, ...workers] = (await Promise.all([start('api'), start('worker'), start('worker')])) as [
      ServerProcess,
      ...ServerProcess[],
    ];
    calm = await report(api.url, await submit(api.url, study));
  }, PATIENCE_MS);
  afterAll(async () => {
    killAll();
    network.close();
    replication.close();
    await standby.stop();
    await postgres.stop();
  });

  it('goes on from what the standby knows, to the same report', { timeout: PATIENCE_MS }, async () => {
    const id = await submit(api.url, study);
    const trained = async () => (await readJob(api.url, id)).progress.completed_trials;
    await expect.poll(trained, { timeout: PATIENCE_MS }).toBeGreaterThan(2);
    replication.cut();
    await sleep(BEHIND_MS);
    network.cut();
    // As a name that is pointed at the standby before it has been promoted: nothing can be written there yet.
    network.redirect(standby.port);
    await sleep(BEHIND_MS);
    expect(
      (
        await fetch(`${api.url}/v1/jobs`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(study),
        })
      ).status,
    ).toBe(503);
    await standby.promote();
    await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status).toBe(200);
    const later = await submit(api.url, study);
    expect(await reports(api.url, [id, later])).toEqual([calm, calm]);
    const processes = [api, ...workers];
    expect(processes.map(({ alive }) => alive)).toEqual([true, true, true]);
    // What is waited for is a warning.
    expect(processes.flatMap(({ log }) => log.filter(({ level }) => level >= 50))).toEqual([]);
  });
});
