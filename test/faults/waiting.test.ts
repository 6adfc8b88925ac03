/** @file A worker waits for a PostgreSQL that is away, at its start and later; what waiting does not mend ends it with one line. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, startServerProcess } from './server_process.ts';
import { experiment, submit, untilEnded } from './workload.ts';

let postgres: PostgresServer;
let settings: Record<string, string>;
beforeAll(async () => {
  postgres = await startPostgres();
  settings = { ROLE: 'worker', DATABASE_URL: await postgres.createDatabase(), WORKER_THREADS: '1' };
});
afterAll(async () => {
  killAll();
  await postgres.stop();
});

it('goes on once the database answers', async () => {
  await postgres.pause();
  let isUp = false;
  const starting = startServerProcess({ settings }).then((server) => {
    isUp = true;
    return server;
  });
  await sleep(4000);
  expect(isUp).toBe(false);
  await postgres.resume();
  const server = await starting;
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  const waits = server.log.filter(({ msg }) => msg === 'waiting for the database').map(({ time }) => time);
  expect(waits.length).toBeGreaterThan(1);
  // Backoff: in four seconds and a half there are no more.
  expect(waits.length).toBeLessThan(8);
  expect(await server.terminate()).toBe(0);
});

/** Who hears what is announced. */
async function listeners(): Promise<number> {
  const client = new pg.Client(settings.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query(
    "select 1 from pg_stat_activity where application_name = 'gradclinic listener' and datname = current_database()",
  );
  await client.end();
  return rows.length;
}

it('connects again after an outage: hears what is announced, and runs the next job', {
  timeout: 120_000,
}, async () => {
  const processes = [
    await startServerProcess({ settings }),
    await startServerProcess({ settings: { ...settings, ROLE: 'api' } }),
  ] as const;
  const [worker, api] = processes;
  expect(await listeners()).toBe(2);
  await postgres.pause();
  await sleep(2500);
  expect((await fetch(`${worker.url}/readyz`)).status).toBe(503);
  await postgres.resume();
  for (const { url } of processes)
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 20_000 }).toBe(200);
  await expect.poll(listeners, { timeout: 20_000 }).toBe(2);
  const id = await submit(api.url, experiment(1, { remedies: { verify: false } }));
  expect((await untilEnded(api.url, id)).status).toBe('succeeded');
  expect(processes.map(({ alive }) => alive)).toEqual([true, true]);
  expect(await Promise.all(processes.map((one) => one.terminate()))).toEqual([0, 0]);
});

it('does not wait for a database that is not there', async () => {
  const DATABASE_URL = (settings.DATABASE_URL as string).replace(/[^/]*$/, 'missing');
  await expect(startServerProcess({ settings: { ...settings, DATABASE_URL } })).rejects.toThrow(
    'ended with 1',
  );
});
