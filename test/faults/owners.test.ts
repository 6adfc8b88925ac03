/** @file Two keys: however many jobs one has queued, the study of the other begins, and gets its turn of the threads. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import { killAll, startServerProcess } from './server_process.ts';
import { experiment, submit } from './workload.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-owners-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

it('a key with many queued jobs does not hold up the first trial of another', async () => {
  const API_KEYS_FILE = join(folder, 'keys.json');
  const [alice, bob] = ['alice', 'bob'].map((name) => addKey(API_KEYS_FILE, name)) as [string, string];
  const server = await startServerProcess({
    settings: { DATA_DIR: join(folder, 'data'), API_KEYS_FILE, WORKER_THREADS: '2' },
  });
  const as = (key: string) => ({ authorization: `Bearer ${key}` });
  // Trainings of seconds, twelve of them at once, and twenty such jobs.
  const long = experiment(1, {
    steps: 4000,
    diagnostics: { probe_every: 100, seeds: 12 },
    remedies: { verify: false },
  });
  const first = await submit(server.url, long, as(alice));
  for (let i = 0; i < 20; i++) await submit(server.url, long, as(alice));
  const trainedOf = (id: string) =>
    server.log.filter(({ msg, job_id }) => msg === 'trial trained' && job_id === id).length;
  await expect.poll(() => trainedOf(first)).toBeGreaterThan(0);
  const bobs = await submit(server.url, experiment(2, { remedies: { verify: false } }), as(bob));
  await expect.poll(() => trainedOf(bobs)).toBeGreaterThan(0);
  // The others of the first key have not begun, nor has its first job ended.
  expect(trainedOf(first)).toBeLessThan(12);
  expect(new Set(server.log.filter(({ msg }) => msg === 'job started').map(({ job_id }) => job_id))).toEqual(
    new Set([first, bobs]),
  );
});
