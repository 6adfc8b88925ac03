/** @file PostgreSQL is stopped under load and started again: requests are told so, and no job is lost or judged dead. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { experiment, isLong, readJob, reports, statusesOf, submit } from './workload.ts';

const OUTAGE_MS = isLong ? 20_000 : 3500;

let postgres: PostgresServer;
let api: ServerProcess;
let workers: ServerProcess[];
beforeAll(async () => {
  postgres = await startPostgres();
  const DATABASE_URL = await postgres.createDatabase();
  // Shorter than the outage: nobody may take a worker that could not write for a dead one.
  // One of the workers hands every trial over, the other none as short as these.
  const start = (ROLE: string, SHARED_TRIAL_SECONDS = '2') =>
    startServerProcess({
      settings: { ROLE, DATABASE_URL, LEASE_SECONDS: '3', WORKER_THREADS: '1', SHARED_TRIAL_SECONDS },
    });
  [api, ...workers] = (await Promise.all([start('api'), start('worker', '0'), start('worker')])) as [
    ServerProcess,
    ...ServerProcess[],
  ];
});
afterAll(async () => {
  killAll();
  await postgres.stop();
});

it(`outlives ${OUTAGE_MS / 1000} s without its database`, async () => {
  const seeds = [1, 2];
  const calm = await Promise.all(seeds.map((seed) => submit(api.url, experiment(seed, { steps: 300 }))));
  const expected = await reports(api.url, calm);

  const ids = await Promise.all(seeds.map((seed) => submit(api.url, experiment(seed, { steps: 300 }))));
  const running = ids[0] as string;
  await expect
    .poll(async () => (await readJob(api.url, running)).progress.completed_trials)
    .toBeGreaterThan(1);
  const events = `${api.url}/v1/jobs/${running}/events`;
  const stream = (await fetch(events, { headers: { accept: 'text/event-stream' } }))
    .text()
    .catch(() => 'cut off');
  await postgres.pause();
  const answers: number[] = [];
  const until = performance.now() + OUTAGE_MS;
  while (performance.now() < until) {
    const response = await fetch(`${api.url}/v1/jobs/${running}`);
    answers.push(response.status);
    expect(await response.json()).toMatchObject({ status: 503, code: 'database_unavailable' });
    expect(response.headers.get('retry-after')).toBe('5');
    expect((await fetch(`${api.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    await sleep(250);
  }
  expect(answers.length).toBeGreaterThan(5);
  await postgres.resume();
  await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status).toBe(200);

  expect(await reports(api.url, ids)).toEqual(expected);
  // A stream that ends has told the end of the job.
  expect(await stream).toMatch(/^cut off$|"status":"succeeded"/);
  for (const id of ids) expect(await statusesOf(api.url, id)).toEqual(['queued', 'running', 'succeeded']);
  expect([api, ...workers].map(({ alive }) => alive)).toEqual([true, true, true]);
});
