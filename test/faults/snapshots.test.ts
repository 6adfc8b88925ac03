/** @file Long trainings go on from their last snapshot where their process dies: on another worker, and in a process that starts again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { afterAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../postgres.ts';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';
import { experiment, isLong, report, submit } from './workload.ts';

const STEPS = isLong ? 15_000 : 8000;
/** A training of some seconds, with its reference beside it. */
const long = experiment(1, { steps: STEPS, diagnostics: { probe_every: 50 }, remedies: { verify: false } });
const settings = { SNAPSHOT_SECONDS: isLong ? '0.3' : '0.1', WORKER_THREADS: '2' };

const folders = ['calm', 'restarted'].map(() => mkdtempSync(join(tmpdir(), 'gradclinic-snapshots-')));
const [calmFolder, folder] = folders as [string, string];
let postgres: PostgresServer | undefined;
afterAll(async () => {
  killAll();
  await postgres?.stop();
  for (const used of folders) rmSync(used, { recursive: true, force: true });
});

let calm: Promise<object> | undefined;
/** Of a process that nothing happens to. */
const calmReport = () => {
  calm ??= (async () => {
    const server = await startServerProcess({ settings: { DATA_DIR: calmFolder, WORKER_THREADS: '2' } });
    const undisturbed = await report(server.url, await submit(server.url, long));
    await server.kill();
    return undisturbed;
  })();
  return calm;
};

/** The training that has come furthest. */
interface Kept {
  readonly key: string;
  readonly steps: number;
  readonly rows: number;
}

const FURTHEST =
  'select key, max(step) as steps, count(*) as rows from snapshots group by key order by steps desc limit 1';
const NOTHING: Kept = { key: '', steps: 0, rows: 0 };

async function query(url: string, text: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client
    .query(text)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

async function keptOnPostgres(url: string): Promise<Kept> {
  const [row] = await query(url, FURTHEST);
  return row === undefined
    ? NOTHING
    : { key: row.key as string, steps: Number(row.steps), rows: Number(row.rows) };
}

function keptOnSqlite(): Kept {
  const database = new Database(join(folder, 'gradclinic.sqlite'), { readonly: true });
  const kept = database.prepare(FURTHEST).get() as Kept | undefined;
  database.close();
  return kept ?? NOTHING;
}

/** Steps that the process has trained of it, to its end. */
const stepsOf = ({ log }: ServerProcess, { key }: Kept) =>
  log.find((line) => line.msg === 'trial trained' && line.key === key)?.steps;

/** Two of the same training: one state, two records. */
const untilKept = (read: () => Kept | Promise<Kept>) =>
  expect.poll(async () => (await read()).rows, { interval: 100 }).toBeGreaterThan(2);

it.runIf(isLong)('on another worker', async () => {
  postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const start = (ROLE: string) =>
    startServerProcess({
      settings: {
        ...{ ROLE, DATABASE_URL: databaseUrl, LEASE_SECONDS: '3', SHARED_TRIAL_SECONDS: '0' },
        ...settings,
      },
    });
  const [api, first] = (await Promise.all([start('api'), start('worker')])) as [ServerProcess, ServerProcess];
  const id = await submit(api.url, long);
  await untilKept(() => keptOnPostgres(databaseUrl));
  await first.kill();
  const kept = await keptOnPostgres(databaseUrl);
  // As if it had been silent for a minute.
  const silence =
    "update gradclinic_queue.job set heartbeat_on = now() - interval '1 minute' where state = 'active'";
  await query(databaseUrl, silence);
  const other = await start('worker');
  expect(await report(api.url, id)).toEqual(await calmReport());
  expect(stepsOf(other, kept)).toBe(STEPS - kept.steps);
  expect((await keptOnPostgres(databaseUrl)).rows).toBe(0);
});

it.each(isLong ? (['SIGKILL', 'SIGTERM'] as const) : (['SIGKILL'] as const))(
  'in a process that starts again after %s, on SQLite',
  async (signal) => {
    const start = () => startServerProcess({ settings: { DATA_DIR: folder, ...settings } });
    const server = await start();
    const id = await submit(server.url, long);
    await untilKept(keptOnSqlite);
    await (signal === 'SIGKILL' ? server.kill() : server.terminate());
    const kept = keptOnSqlite();
    const again = await start();
    expect(await report(again.url, id)).toEqual(await calmReport());
    expect(stepsOf(again, kept)).toBe(STEPS - kept.steps);
    expect(keptOnSqlite().rows).toBe(0);
    await again.kill();
  },
);
