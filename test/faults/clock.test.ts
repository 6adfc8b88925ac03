/** @file The process's clock jumps a day ahead and two days back while jobs run and wait. The database's: test/jobs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killAll, startServerProcess } from './server_process.ts';
import { experiment, readJob, reports, statusesOf, submit } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-clock-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const clock = new URL('jumping_clock.ts', import.meta.url);

it('changes no job and no report', async () => {
  const server = await startServerProcess({
    settings: { DATA_DIR: folder, NODE_OPTIONS: `--import=${clock.href}`, MAX_JOB_SECONDS: '600' },
  });
  const seeds = [1, 2];
  const send = () => Promise.all(seeds.map((seed) => submit(server.url, experiment(seed, { steps: 300 }))));
  const expected = await reports(server.url, await send());

  const ids = await send();
  const progress = async () => (await readJob(server.url, ids[0] as string)).progress.completed_trials;
  const waiting = readJob(server.url, ids[1] as string, 60);
  for (const trials of [1, 5]) {
    await expect.poll(progress).toBeGreaterThan(trials);
    server.signal('SIGWINCH');
  }
  // The wait is a minute by any clock; a job that ends answers it.
  expect((await waiting).status).toBe('succeeded');
  expect(await reports(server.url, ids)).toEqual(expected);
  for (const id of ids) expect(await statusesOf(server.url, id)).toEqual(['queued', 'running', 'succeeded']);
  // It did jump, and nothing that is kept has noticed.
  const times = server.log.map(({ time }) => time);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1.5 * 86_400_000);
  const { created_at, finished_at } = await readJob(server.url, ids[1] as string);
  expect(Math.abs(Date.parse(finished_at ?? '') - Date.parse(created_at))).toBeLessThan(120_000);
});
