/** @file kill -9 at 20 random moments during five jobs: every accepted job ends with the report of an undisturbed run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { killAll, startServerProcess } from './server_process.ts';

const JOBS = 5;
const KILLS = 20;

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-kill-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  killAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Sick, so that the whole study runs: about fifty short trials. */
const experiment = (seed: number) => ({
  name: `job ${seed}`,
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'repeat', times: 9, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'moons', samples: 200 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'sgd', learning_rate: 0.1 },
    batch_size: 32,
    steps: 80,
  },
  seed,
  remedies: { seeds: 2 },
});

const submit = async (url: string, seed: number): Promise<string> => {
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(experiment(seed)),
  });
  expect(response.status).toBe(202);
  return ((await response.json()) as Job).id;
};

async function statuses(url: string, ids: readonly string[]): Promise<string[]> {
  return Promise.all(
    ids.map(async (id) => ((await (await fetch(`${url}/v1/jobs/${id}`)).json()) as Job).status),
  );
}

async function reports(url: string, ids: readonly string[]): Promise<unknown[]> {
  for (const id of ids) {
    for (let job: Job | null = null; job === null || job.status === 'queued' || job.status === 'running'; ) {
      job = (await (await fetch(`${url}/v1/jobs/${id}`, { headers: { prefer: 'wait=30' } })).json()) as Job;
    }
  }
  expect(await statuses(url, ids)).toEqual(ids.map(() => 'succeeded'));
  return Promise.all(
    ids.map(async (id) => {
      const { job_id, ...report } = (await (await fetch(`${url}/v1/jobs/${id}/result`)).json()) as {
        job_id: string;
      };
      expect(job_id).toBe(id);
      return report;
    }),
  );
}

it('loses no accepted job and changes no report', { timeout: 400_000 }, async () => {
  const seeds = Array.from({ length: JOBS }, (_, i) => 100 + i);
  const calm = await startServerProcess(newFolder());
  const expected = await reports(calm.url, await Promise.all(seeds.map((seed) => submit(calm.url, seed))));
  await calm.kill();

  const folder = newFolder();
  const random = createRandom(20261123, 'kills');
  let server = await startServerProcess(folder);
  const ids = await Promise.all(seeds.map((seed) => submit(server.url, seed)));
  let during = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    // Short enough that five jobs outlast twenty kills; the moments are spread over trials, writes and start-up.
    await new Promise((resolve) => setTimeout(resolve, 50 + 450 * random.uniform()));
    const before = await statuses(server.url, ids);
    if (before.some((status) => status !== 'succeeded')) during++;
    await server.kill();
    server = await startServerProcess(folder);
  }
  expect(during).toBe(KILLS);
  expect(await reports(server.url, ids)).toEqual(expected);
  await server.kill();
});
