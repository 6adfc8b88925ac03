/** @file A disk that takes no more: requests are told so, what was stored is whole, and work goes on once there is room. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { killAll, type ProcessOptions, startServerProcess } from './server_process.ts';
import { endless, experiment, isLong, readJob, report, submit, untilEnded } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-disk-'));
const SMALL_DISK_BYTES = 2 * 2 ** 20;
const isMounted =
  process.getuid?.() === 0 &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_BYTES}`, 'tmpfs', folder]).status === 0;
const limited = mkdtempSync(join(tmpdir(), 'gradclinic-disk-'));
afterAll(() => {
  killAll();
  if (isMounted) spawnSync('umount', ['-l', folder]);
  for (const one of [folder, limited]) rmSync(one, { recursive: true, force: true });
});

const random = createRandom(20261128, 'bulky');
/** Big enough that a few fill the disk: numbers that hardly get smaller when they are packed. */
const bulky = JSON.stringify({
  ...endless(),
  data: {
    type: 'inline',
    inputs: Array.from({ length: 2000 }, () => [random.uniform(), random.uniform()]),
    targets: Array.from({ length: 2000 }, (_, i) => i % 2),
  },
});

async function fill(url: string): Promise<{ accepted: string[]; answer: Record<string, unknown> }> {
  const accepted: string[] = [];
  for (let i = 0; i < 5000; i++) {
    const response = await fetch(`${url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bulky,
    });
    const body = (await response.json()) as Job & Record<string, unknown>;
    if (response.status !== 202) return { accepted, answer: body };
    accepted.push(body.id);
  }
  throw new Error('the disk did not fill up');
}

async function check(options: ProcessOptions): Promise<void> {
  const { settings } = options;
  const server = await startServerProcess(options);
  const { accepted, answer } = await fill(server.url);
  expect(answer).toMatchObject({ status: 507, code: 'storage_full' });
  expect(accepted.length).toBeGreaterThan(3);
  // It goes on reading.
  expect(await readJob(server.url, accepted[0] as string)).toMatchObject({ id: accepted[0] });
  expect(server.alive).toBe(true);
  await server.kill();

  const file = join(settings.DATA_DIR as string, 'gradclinic.sqlite');
  const database = new Database(file);
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const stored = database.prepare('select id from jobs order by position').pluck().all();
  expect(stored).toEqual(accepted);
  database.close();

  const again = await startServerProcess({ settings });
  await Promise.all(accepted.map((id) => fetch(`${again.url}/v1/jobs/${id}/cancel`, { method: 'POST' })));
  await report(again.url, await submit(again.url, experiment(1)));
  await again.kill();
}

interface Small {
  readonly options: ProcessOptions;
  /** Takes what is left of the disk, as another program would. */
  exhaust(): void;
}

const request = async (url: string, method: string, path: string): Promise<number> =>
  (await fetch(url + path, { method })).status;

/** What has to work without room: reading, cancelling, deleting, a start after a kill. */
async function manage({ options, exhaust }: Small): Promise<void> {
  let server = await startServerProcess(options);
  const ended = await submit(server.url, experiment(3, { remedies: { verify: false } }));
  await report(server.url, ended);
  const running = await submit(server.url, endless());
  const { accepted } = await fill(server.url);
  exhaust();
  expect(await request(server.url, 'GET', '/readyz')).toBe(503);
  expect(await request(server.url, 'GET', `/v1/jobs/${ended}/result`)).toBe(200);
  await expect.poll(async () => (await readJob(server.url, running)).status).toBe('running');
  await server.kill();

  server = await startServerProcess(options);
  expect(await request(server.url, 'GET', '/readyz')).toBe(503);
  expect(await request(server.url, 'POST', `/v1/jobs/${running}/cancel`)).toBe(200);
  expect((await untilEnded(server.url, running)).status).toBe('canceled');
  // The newest first: the oldest may have begun.
  for (const id of accepted.toReversed()) {
    expect(await request(server.url, 'POST', `/v1/jobs/${id}/cancel`)).toBe(200);
    expect((await untilEnded(server.url, id)).status).toBe('canceled');
    expect(await request(server.url, 'DELETE', `/v1/jobs/${id}`)).toBe(204);
  }
  expect(await request(server.url, 'DELETE', `/v1/jobs/${ended}`)).toBe(204);
  await server.kill();
}

const settingsOf = (DATA_DIR: string) => ({ DATA_DIR, MAX_QUEUED_JOBS: '100000' });

// A small disk is the real thing; the limit of the shell stands in for it where none can be mounted.
it.runIf(isLong || !isMounted)('answers 507 where files may not grow (ulimit)', async () => {
  await check({ settings: settingsOf(limited), maxFileBlocks: SMALL_DISK_BYTES / 512 });
});

it.runIf(isMounted)('answers 507 on a full file system, and a running job waits for room', async () => {
  const server = await startServerProcess({ settings: settingsOf(folder) });
  const running = await submit(
    server.url,
    experiment(2, { steps: 400, remedies: { seeds: 2, max_trials: 20 } }),
  );
  const { accepted, answer } = await fill(server.url);
  expect(answer).toMatchObject({ status: 507, code: 'storage_full' });
  expect((await readJob(server.url, running)).status).toBe('running');
  spawnSync('mount', ['-o', `remount,size=${20 * SMALL_DISK_BYTES}`, folder]);
  await report(server.url, running);
  expect(await submit(server.url, endless())).toMatch(/^job_/);
  await server.kill();
  const database = new Database(join(folder, 'gradclinic.sqlite'));
  expect(database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  expect(database.prepare('select count(*) from jobs').pluck().get()).toBe(accepted.length + 2);
  database.close();
});

const small = mkdtempSync(join(tmpdir(), 'gradclinic-disk-'));

it.runIf(isLong || !isMounted)('deletes, cancels and starts where files may not grow (ulimit)', async () => {
  const settings = settingsOf(small);
  await manage({ options: { settings, maxFileBlocks: SMALL_DISK_BYTES / 512 }, exhaust() {} });
  rmSync(small, { recursive: true, force: true });
});

it.runIf(isMounted)(
  'deletes, cancels and starts on a file system without one free byte; is ready again once there is room',
  async () => {
    spawnSync('umount', ['-l', folder]);
    spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SMALL_DISK_BYTES}`, 'tmpfs', folder]);
    const filler = join(folder, 'filler');
    const options = { settings: settingsOf(folder) };
    await manage({
      options,
      exhaust() {
        const file = openSync(filler, 'w');
        for (let bytes = 65_536; bytes >= 1; ) {
          try {
            writeSync(file, Buffer.alloc(bytes, 'x'));
          } catch {
            bytes = Math.floor(bytes / 2);
          }
        }
        closeSync(file);
      },
    });
    rmSync(filler);
    const server = await startServerProcess(options);
    expect(await request(server.url, 'GET', '/readyz')).toBe(200);
    await report(server.url, await submit(server.url, experiment(4, { remedies: { verify: false } })));
    await server.kill();
  },
);
