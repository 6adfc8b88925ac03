/** @file Which units of a layer are dead: held against the weights and the samples, multiplied out here. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/util/safetensors.ts';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

const UNITS = 16;
const inputs = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i + 1)]);

/** Hardly trained: the weights at the end are those of every pass. */
const experiment = tinyExperiment({
  network: {
    input: { shape: [3] },
    layers: [
      {
        ...{ type: 'dense', units: UNITS, activation: 'relu' },
        bias_initializer: { type: 'constant', value: -0.9 },
      },
      { type: 'dense', units: 2, name: 'logits' },
    ],
  },
  data: { type: 'inline', inputs, targets: inputs.map((_, i) => i % 2), validation_split: 0 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'sgd', learning_rate: 1e-9 },
    batch_size: 16,
    steps: 12,
  },
  remedies: { verify: false, seeds: 1 },
});

it('names those that are 0 on every sample, and no others', async () => {
  const { id, status } = await service.finish(experiment);
  expect(status).toBe('succeeded');
  const weights = await service.get(`/v1/jobs/${id}/weights?run=baseline/0&at=final`);
  const decoded = decodeSafetensors(new Uint8Array(await weights.arrayBuffer()));
  if (!decoded.ok) throw new Error('no weights');
  const values = (name: string) => decoded.value.get(name)?.data as Float32Array;
  const [kernel, bias] = [values('dense_1/kernel'), values('dense_1/bias')];
  const output = (unit: number, x: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (kernel[i * UNITS + unit] as number), bias[unit] as number);
  const dead = Array.from({ length: UNITS }, (_, unit) => unit).filter((unit) =>
    inputs.every((x) => output(unit, x) <= 0),
  );
  // Neither none nor all, or the test says little.
  expect(dead.length).toBeGreaterThan(0);
  expect(dead.length).toBeLessThan(UNITS);
  const series = async (query: string) =>
    (await service.get(`/v1/jobs/${id}/series?run=baseline/0&${query}`)).json();
  expect(await series('tensor=output&metric=rms&layer=dense_1')).toMatchObject({
    stuck_units: [{ layer: 'dense_1', units: UNITS, dead, saturated: null }],
  });
  expect(await series('tensor=output&metric=rms&layer=logits')).toMatchObject({ stuck_units: [] });
  expect(await series('tensor=output&metric=rms')).not.toHaveProperty('stuck_units');
});
