/** @file Losses of standardized targets in both scales. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { createArm, effectsOf } from '../../src/remedies/index.ts';
import { referenceRow, runReference } from '../../src/study/reference.ts';
import { runRow } from '../../src/study/report_rows.ts';
import { train } from '../../src/training/index.ts';

const inputs = Array.from({ length: 40 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const targets = inputs.map(([a = 0, b = 0], i) => [1000 + 50 * a, 0.01 * b + (i % 3)]);

async function trained(standardize_targets: boolean, training: Record<string, unknown> = {}) {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2, kernel_initializer: 'zeros' }] },
    data: { type: 'inline', inputs, targets, standardize_targets, validation_split: 0.25, shuffle: false },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 10, steps: 20, ...training },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  return { experiment: parsed.value.experiment, trace: result.value };
}

const runOf = async (...given: Parameters<typeof trained>) => runRow((await trained(...given)).trace);

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

it('of the reference and of effects are told in both scales, and compared in that of the data', async () => {
  const [raw, scaled] = [
    await trained(false, { optimizer: { type: 'sgd', learning_rate: 1e-3 } }),
    await trained(true),
  ];
  const run = await runReference(scaled.experiment, async ({ experiment, seed }) => {
    const result = await train(experiment, seed);
    if (!result.ok) throw new Error(result.error.code);
    return result.value;
  });
  const row = referenceRow(run, scaled.trace);
  expect(row?.original_scale?.loss).toBe(run?.trace.final.original?.loss);
  expect((row?.original_scale?.loss ?? 0) / (row?.loss ?? 1)).toBeGreaterThan(10);
  expect(referenceRow(run, raw.trace)?.original_scale).toBeNull();

  const arm = ({ experiment, trace }: typeof raw) => createArm(experiment, [trace]);
  const metrics = (a: typeof raw, b: typeof raw) =>
    effectsOf(arm(a), arm(b), 'final_loss').map(({ metric }) => metric);
  expect(metrics(raw, raw)).not.toContain('final_loss_original_scale');
  expect(metrics(scaled, scaled)).toEqual(
    expect.arrayContaining(['final_loss', 'final_loss_original_scale']),
  );
  const [effect] = effectsOf(arm(raw), arm(scaled), 'final_loss').filter(({ metric }) =>
    /^final_loss_orig/.test(metric),
  );
  expect(effect?.baseline).toEqual([raw.trace.final.data_loss]);
  expect(effect?.treated).toEqual([scaled.trace.final.original?.loss]);
  expect(metrics(raw, scaled)).not.toContain('final_loss');
});
