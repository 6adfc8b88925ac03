/** @file A job that takes its process down with it is tried twice; other jobs go on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { killAll, startServerProcess } from './server_process.ts';
import { endless, experiment, readJob, report, statusesOf, submit } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-crash-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

/** As if the attempt had lasted so long that its end counts as the job's own doing (ten seconds). */
function age(): void {
  const database = new Database(join(folder, 'gradclinic.sqlite'));
  database.exec(
    "update jobs set attempt_started_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-15 seconds') where status = 'running'",
  );
  database.close();
}

it('fails with its reason after the second attempt', async () => {
  const start = () => startServerProcess({ settings: { DATA_DIR: folder } });
  let server = await start();
  const killer = await submit(server.url, endless());
  const fine = await submit(server.url, experiment(1));
  for (let attempt = 1; attempt <= 2; attempt++) {
    await expect.poll(async () => (await readJob(server.url, killer)).status).toBe('running');
    await server.kill();
    age();
    server = await start();
  }
  expect(await readJob(server.url, killer)).toMatchObject({
    status: 'failed',
    error: { code: 'job_crashed_process' },
  });
  expect(await statusesOf(server.url, killer)).toEqual(['queued', 'running', 'queued', 'running', 'failed']);
  await report(server.url, fine);
});
