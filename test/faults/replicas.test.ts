/** @file One api and two workers as processes of their own on one PostgreSQL: where jobs run, and where they go on. */
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobEvent } from '../../src/jobs/job.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { cancel, endless, experiment, readJob, report, statusesOf, submit, untilEnded } from './workload.ts';

/** Time to meddle with it. */
const longer = { steps: 250, remedies: { seeds: 2, max_trials: 12 } };

let postgres: PostgresServer;
let databaseUrl: string;
let api: ServerProcess;
let workers: ServerProcess[];

const start = (ROLE: string) =>
  startServerProcess({ settings: { ROLE, DATABASE_URL: databaseUrl, LEASE_SECONDS: '3' } });

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.createDatabase();
  // All at once on an empty database.
  [api, ...workers] = (await Promise.all([start('api'), start('worker'), start('worker')])) as [
    ServerProcess,
    ...ServerProcess[],
  ];
});
afterAll(async () => {
  killAll();
  await postgres.stop();
});

const trained = (server: ServerProcess, id: string) =>
  server.log.flatMap(({ msg, job_id, key }) => (msg === 'trial trained' && job_id === id ? [key] : []));

const runnerOf = (id: string) =>
  workers.find(({ log }) => log.some(({ msg, job_id }) => msg === 'job started' && job_id === id));

async function query<T extends pg.QueryResultRow>(text: string, values: unknown[]): Promise<T[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<T>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** The events of a stream with the time that each took to arrive. */
async function* follow(id: string): AsyncGenerator<JobEvent & { late_ms: number }> {
  const response = await fetch(`${api.url}/v1/jobs/${id}/events`, {
    headers: { accept: 'text/event-stream' },
  });
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    const messages = (text + chunk).split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (data === undefined) continue;
      const event = JSON.parse(data) as JobEvent;
      yield { ...event, late_ms: Date.now() - Date.parse(event.created_at) };
    }
  }
}

it('runs jobs on the workers alone, two at once; each replica answers for its health', async () => {
  const ids = [await submit(api.url, experiment(1)), await submit(api.url, experiment(2))];
  await Promise.all(ids.map((id) => untilEnded(api.url, id)));
  expect(ids.map((id) => trained(api, id).length)).toEqual([0, 0]);
  expect(new Set(ids.map(runnerOf)).size).toBe(2);
  for (const { url } of [api, ...workers]) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  for (const { url } of workers) expect((await fetch(`${url}/v1/jobs`)).status).toBe(404);
});

it('tells a client of the api what happens on a worker, as it happens', async () => {
  const id = await submit(api.url, experiment(3));
  const events: (JobEvent & { late_ms: number })[] = [];
  for await (const event of follow(id)) events.push(event);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.at(-1)?.data).toEqual({ status: 'succeeded' });
  expect(events.filter(({ type }) => type === 'progress').length).toBeGreaterThan(5);
  // Far below the five seconds after which a stream looks by itself.
  const late = events.map(({ late_ms }) => late_ms).sort((a, b) => a - b);
  expect(late[Math.floor(late.length / 2)]).toBeLessThan(1000);
});

it('cancels on the worker what is canceled at the api', async () => {
  const id = await submit(api.url, endless());
  await expect.poll(() => runnerOf(id)).toBeDefined();
  await cancel(api.url, id);
  const asked = performance.now();
  expect((await untilEnded(api.url, id)).status).toBe('canceled');
  expect(performance.now() - asked).toBeLessThan(4000);
  expect(await statusesOf(api.url, id)).toEqual(['queued', 'running', 'canceled']);
  const runner = runnerOf(id);
  await expect
    .poll(() => runner?.log.some(({ msg, job_id }) => msg === 'job ended' && job_id === id))
    .toBe(true);
});

it('moves the job of a killed worker to the other, which trains only what was not finished', async () => {
  const calm = await submit(api.url, experiment(5, longer));
  const expected = await report(api.url, calm);
  const keysOf = async (job: string) =>
    new Set(
      (await query<{ key: string }>('select key from runs where job_id = $1', [job])).map(({ key }) => key),
    );
  // What was trained ahead for nothing is in no report, and not the same each time.
  const all = await keysOf(calm);

  const id = await submit(api.url, experiment(5, longer));
  await expect.poll(async () => (await readJob(api.url, id)).progress.completed_trials).toBeGreaterThan(4);
  const killed = runnerOf(id)!;
  const other = workers.find((worker) => worker !== killed)!;
  await killed.kill();
  const killedAt = performance.now();
  expect((await readJob(api.url, id)).status).toBe('running');
  const rows = await query<{ key: string }>('select key from trials where job_id = $1', [id]);
  const finished = rows.map(({ key }) => key);
  expect(finished.length).toBeGreaterThan(4);
  expect(finished.length).toBeLessThan(all.size);

  await expect.poll(() => trained(other, id).length).toBeGreaterThan(0);
  expect(performance.now() - killedAt).toBeLessThan(60_000);
  expect(await report(api.url, id)).toEqual(expected);
  const again = trained(other, id);
  expect(again.filter((key) => finished.includes(key!))).toEqual([]);
  expect(new Set([...finished, ...again])).toEqual(new Set([...all, ...finished, ...again]));
  expect(await keysOf(id)).toEqual(all);
  // What the first worker has told is not told again from the beginning.
  const events = (await (await fetch(`${api.url}/v1/jobs/${id}/events?limit=1000`)).json()) as {
    data: JobEvent[];
  };
  const told = events.data.flatMap(({ type, data }) =>
    type === 'progress' ? [Number(data.completed_trials)] : [],
  );
  expect(told.length).toBeGreaterThan(finished.length);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(await statusesOf(api.url, id)).toEqual(['queued', 'running', 'queued', 'running', 'succeeded']);
  workers = [other, await start('worker')];
});

it('gives the job of a worker that is asked to stop to the other at once', async () => {
  const id = await submit(api.url, experiment(6, longer));
  await expect.poll(async () => (await readJob(api.url, id)).progress.completed_trials).toBeGreaterThan(1);
  const stopped = runnerOf(id)!;
  const other = workers.find((worker) => worker !== stopped)!;
  const asked = performance.now();
  expect(await stopped.terminate()).toBe(0);
  expect(performance.now() - asked).toBeLessThan(10_000);
  // Given back before the process ended: nobody waits until its lease is over.
  expect((await statusesOf(api.url, id)).slice(0, 3)).toEqual(['queued', 'running', 'queued']);
  await report(api.url, id);
  expect(trained(other, id).length).toBeGreaterThan(0);
  workers = [other];
});

it('starts again with what an api accepted while there was no worker', async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  const id = await submit(api.url, experiment(7));
  await api.kill();
  [api, ...workers] = (await Promise.all([start('api'), start('worker')])) as [ServerProcess, ServerProcess];
  await report(api.url, id);
});
