/** @file `npm run diagnose -- x.json --data house.csv --targets price`: the file becomes the data. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestService, type TestService } from '../http/service.ts';
import { gradclinic } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-cli-'));
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

const path = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const rows = Array.from({ length: 120 }, (_, i) => `${i % 11},${i % 7},${(i % 11) * 2 + (i % 7)}`);
const csv = path('house.csv', ['area,rooms,price', ...rows].join('\n'));
const experiment = path(
  'experiment.json',
  JSON.stringify({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 1 }] },
    data: { standardize: true },
    training: {
      loss: 'mean_squared_error',
      optimizer: { type: 'adam', learning_rate: 0.1 },
      steps: 300,
      batch_size: 16,
    },
    remedies: { verify: false },
  }),
);

const diagnose = (...args: string[]) => gradclinic(['diagnose', experiment, ...args]);

test('uploads the file and trains on it, at a service of its own where none answers', async () => {
  // Port 9 (discard) is nobody's.
  const args = ['diagnose', experiment, '--data', csv, '--targets', 'price', '--json'];
  const { out, err, code } = await gradclinic(args, { PORT: '9' });
  expect(err).toContain('no service at http://127.0.0.1:9: starting an embedded one');
  expect(code, err).not.toBe(2);
  const report = JSON.parse(out) as {
    experiment: { data: object };
    baseline: { runs: { final_loss: number }[] };
  };
  expect(report.experiment.data).toMatchObject({ type: 'file', targets: 'price', standardize: true });
  expect(report.baseline.runs[0]?.final_loss).toBeLessThan(1);
});

test('names the column that was meant', async () => {
  const { err, code } = await diagnose('--url', service.url, '--data', csv, '--targets', 'prise');
  expect(code).toBe(2);
  expect(err).toMatch(/\/data\/targets: the file has no "prise" \(did you mean "price"\?\)/);
});

test('says so where there is no such file, before anything is started', async () => {
  const { err, code } = await diagnose('--data', join(folder, 'nothing.csv'));
  expect(code).toBe(2);
  expect(err).toMatch(/nothing\.csv: there is no such file/);
});
