/** @file A worker that starts while PostgreSQL is away waits for it; what waiting does not mend ends it with one line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, startServerProcess } from './server_process.ts';

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

it('does not wait for a database that is not there', async () => {
  const DATABASE_URL = (settings.DATABASE_URL as string).replace(/[^/]*$/, 'missing');
  await expect(startServerProcess({ settings: { ...settings, DATABASE_URL } })).rejects.toThrow(
    'ended with 1',
  );
});
