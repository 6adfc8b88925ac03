/** @file A worker waits for a PostgreSQL that is away, at its start and later; what waiting does not mend ends it with one line. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type LogLine, startServerProcess } from './server_process.ts';
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
  const log: LogLine[] = [];
  const starting = startServerProcess({ settings, log });
  const waits = () =>
    log.flatMap(({ msg, wait_ms }) => (msg === 'waiting for the database' ? [wait_ms] : []));
  await expect.poll(() => waits().length).toBeGreaterThan(2);
  expect(log.map(({ msg }) => msg)).not.toContain('listening');
  await postgres.resume();
  const server = await starting;
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  // Twice as long each time, less a half at most by chance.
  const [first = 0, second = 0, third = 0] = waits();
  expect(first).toBeGreaterThanOrEqual(250);
  expect(second).toBeGreaterThanOrEqual(500);
  expect(third).toBeGreaterThanOrEqual(1000);
  expect(await server.terminate()).toBe(0);
});

/** Who hears what is announced. */
async function listeners(): Promise<number> {
  const client = new pg.Client(settings.DATABASE_URL);
  await client.connect();
  const { rows } = await client.query(
    "select 1 from pg_stat_activity where application_name in ('gradclinic listener', 'gradclinic trainer') and datname = current_database()",
  );
  await client.end();
  return rows.length;
}

it('connects again after an outage: hears what is announced, and runs the next job', async () => {
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
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(200);
  await expect.poll(listeners).toBe(2);
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
