/** @file `npm run diagnose -- x.json --data house.csv --targets price`: the file becomes the data. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

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

const diagnose = (...args: string[]) =>
  spawnSync(process.execPath, ['cli/diagnose.ts', ...args], { encoding: 'utf8', timeout: 50_000 });

test('uploads the file and trains on it', () => {
  const { stdout, stderr, status } = diagnose(experiment, '--data', csv, '--targets', 'price', '--json');
  expect(status, stderr).not.toBe(2);
  const report = JSON.parse(stdout) as {
    experiment: { data: object };
    baseline: { runs: { final_loss: number }[] };
  };
  expect(report.experiment.data).toMatchObject({ type: 'file', targets: 'price', standardize: true });
  expect(report.baseline.runs[0]?.final_loss).toBeLessThan(1);
});

test('names the column that was meant', () => {
  const { stderr, status } = diagnose(experiment, '--data', csv, '--targets', 'prise');
  expect(status).toBe(2);
  expect(stderr).toMatch(/\/data\/targets: the file has no "prise" \(did you mean "price"\?\)/);
});

test('says so where there is no such file', () => {
  const { stderr, status } = diagnose(experiment, '--data', join(folder, 'nothing.csv'));
  expect(status).toBe(2);
  expect(stderr).toMatch(/there is no file .*nothing\.csv/);
});
