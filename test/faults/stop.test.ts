/** @file SIGTERM: sent to npm, and in the middle of trainings that are slow to begin; what is stopped goes on afterwards. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { killAll, startServerProcess } from './server_process.ts';
import { cancel, readJob, statusesOf, submit, untilEnded } from './workload.ts';

const GRACE_MS = 10_000;

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-stop-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  killAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it('npm start passes the signal on; the line "listening" comes whatever is logged', {
  timeout: 60_000,
}, async () => {
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, PORT: '0', DATA_DIR: newFolder(), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    npm.stdout.on('data', (chunk: Buffer) => {
      const line = chunk
        .toString()
        .split('\n')
        .find((text) => text.includes('"msg":"listening"'));
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  npm.kill('SIGTERM');
  await new Promise((resolve) => npm.once('exit', resolve));
  const answers = () =>
    fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: GRACE_MS }).toBe(false);
});

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s to the whole process group of npm start ends it with 0',
  {
    timeout: 60_000,
  },
  async (signal) => {
    const npm = spawn('npm', ['start', '--silent'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, PORT: '0', DATA_DIR: newFolder(), LOG_LEVEL: 'warn', WORKER_THREADS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let said = '';
    npm.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const url = await new Promise<string>((resolve) => {
      npm.stdout.on('data', (chunk: Buffer) => {
        const found = /"url":"(http[^"]+)"/.exec(chunk.toString())?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    // Something to end, so that the second signal comes in the middle of it.
    await submit(url, slowToBegin);
    await sleep(500);
    const ended = new Promise<number | null>((resolve) => npm.once('exit', resolve));
    process.kill(-(npm.pid as number), signal);
    await sleep(100);
    process.kill(-(npm.pid as number), signal);
    expect(await ended).toBe(0);
    expect(said).toBe('');
  },
);

/** Before its first step a training passes over all of the data; a phase queues all of its trainings at once. */
const slowToBegin = {
  network: {
    input: { shape: [32] },
    layers: [
      { type: 'repeat', times: 4, layers: [{ type: 'dense', units: 512, activation: 'tanh' }] },
      { type: 'dense', units: 1 },
    ],
  },
  data: { type: 'teacher', samples: 50_000, features: 32 },
  training: { loss: 'mean_squared_error', optimizer: 'adam', batch_size: 512, steps: 200 },
  diagnostics: { seeds: 8 },
  remedies: { verify: false },
};

it('a stop and a cancel do not wait for trainings that are slow to begin', { timeout: 120_000 }, async () => {
  const settings = { DATA_DIR: newFolder() };
  let server = await startServerProcess({ settings });
  const id = await submit(server.url, slowToBegin);
  for (const pause of [1500, 4000]) {
    await expect.poll(async () => (await readJob(server.url, id)).status).toBe('running');
    await sleep(pause);
    const asked = performance.now();
    await server.terminate();
    expect(performance.now() - asked).toBeLessThan(GRACE_MS);
    server = await startServerProcess({ settings });
  }
  // Given back each time, rather than found orphaned at the next start.
  await expect.poll(async () => (await readJob(server.url, id)).status).toBe('running');
  await sleep(1500);
  await cancel(server.url, id);
  const asked = performance.now();
  expect((await untilEnded(server.url, id)).status).toBe('canceled');
  expect(performance.now() - asked).toBeLessThan(GRACE_MS);
  const [queued, running] = ['queued', 'running'];
  expect(await statusesOf(server.url, id)).toEqual([
    queued,
    running,
    queued,
    running,
    queued,
    running,
    'canceled',
  ]);
});
