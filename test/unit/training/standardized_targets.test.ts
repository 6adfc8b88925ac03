/** @file Losses of standardized targets in both scales. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { runRow } from '../../../src/study/report_rows.ts';
import { train } from '../../../src/training/index.ts';

const inputs = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const targets = inputs.map(([a = 0, b = 0], i) => [1000 + 50 * a, 0.01 * b + (i % 3)]);

async function runOf(standardize_targets: boolean, training: Record<string, unknown> = {}) {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2, kernel_initializer: 'zeros' }] },
    data: { type: 'inline', inputs, targets, standardize_targets, validation_split: 0.25, shuffle: false },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 10, steps: 20, ...training },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  return runRow(result.value);
}

it('are those of the training and, beside them, those of the data', async () => {
  const row = await runOf(true);
  // Zero weights predict the mean: the variance of standardized targets is 1, that of the data what it is.
  expect(row.initial_loss).toBeCloseTo(1, 5);
  const training = targets.slice(0, 30);
  const variances = [0, 1].map((j) => {
    const column = training.map((row) => row[j] as number);
    const mean = column.reduce((sum, x) => sum + x / 30, 0);
    return column.reduce((sum, x) => sum + (x - mean) ** 2 / 30, 0);
  });
  const variance = ((variances[0] as number) + (variances[1] as number)) / 2;
  expect((row.original_scale?.initial_loss ?? 0) / variance).toBeCloseTo(1, 4);
  expect(row.original_scale?.final_loss).toBeLessThan(row.original_scale?.initial_loss ?? 0);
  expect(row.original_scale?.validation_loss).toBeGreaterThan(0);
});

it('are one where targets are as they are', async () => {
  expect((await runOf(false, { optimizer: { type: 'sgd', learning_rate: 1e-6 } })).original_scale).toBeNull();
});
