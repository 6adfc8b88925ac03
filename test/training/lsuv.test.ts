/** @file LSUV: unit variance before every activation on the first batch, from orthonormal kernels. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { train } from '../../src/training/index.ts';
import { decodeSafetensors } from '../../src/util/safetensors.ts';

const dense = (units: number, activation: string) => ({
  type: 'dense',
  units,
  activation,
  kernel_initializer: 'lsuv',
});

function parse(layers: readonly object[]): Experiment {
  const parsed = parseExperiment({
    network: { input: { shape: [12] }, layers: [...layers, { type: 'dense', units: 3 }] },
    data: { type: 'blobs', features: 12, samples: 80, std: 20, validation_split: 0 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 40, steps: 1 },
    diagnostics: { probe_every: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function run(layers: readonly object[]) {
  const result = await train(parse(layers), 0, { keepWeights: true });
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

it('scales every layer to unit variance, large inputs and activations notwithstanding', async () => {
  const { series } = await run([
    dense(16, 'linear'),
    { type: 'activation', activation: 'relu' },
    dense(16, 'linear'),
  ]);
  for (const layer of ['dense_1', 'dense_2']) {
    const std = series.find((s) => s.layer === layer && s.tensor === 'output' && s.metric === 'std')
      ?.values[0];
    expect((std ?? Number.NaN) ** 2).toBeGreaterThan(0.99);
    expect((std ?? Number.NaN) ** 2).toBeLessThan(1.01);
  }
});

it('keeps the columns orthogonal', async () => {
  const { weights } = await run([dense(6, 'tanh'), dense(4, 'tanh')]);
  const decoded = decodeSafetensors(weights?.initial ?? new Uint8Array());
  const kernel = decoded.ok ? decoded.value.get('dense_2/kernel') : undefined;
  const column = (j: number) => Array.from({ length: 6 }, (_, i) => kernel?.data[i * 4 + j] ?? Number.NaN);
  const dot = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
  const norm = dot(column(0), column(0));
  expect(norm).toBeGreaterThan(0);
  for (const j of [1, 2, 3]) {
    expect(Math.abs(dot(column(0), column(j))) / norm).toBeLessThan(1e-5);
    expect(dot(column(j), column(j)) / norm).toBeCloseTo(1, 5);
  }
});
