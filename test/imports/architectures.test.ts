/** @file Published architectures, as PyTorch 1.13 has written them to ONNX, give the numbers of their modules. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { importModel } from '../../src/imports/index.ts';
import type { Packed } from './archives.ts';
import { imported, predict } from './predict.ts';

const FOLDER = process.env.ARCH
  ? new URL(`file://${process.env.ARCH}/`)
  : new URL('fixtures/', import.meta.url);
const names = readdirSync(FOLDER).flatMap((name) => /^architecture_(.*)\.onnx$/.exec(name)?.[1] ?? []);

test('a tower that is called twice has one set of weights', async () => {
  const bytes = readFileSync(new URL('architecture_siamese.onnx', FOLDER));
  const model = imported(await importModel(bytes));
  const layers = model.network.layers as readonly { type: string; layer?: string }[];
  const [first, last] = ['tower_tower.0_Gemm', 'tower_tower.2_Gemm'];
  expect(layers.flatMap(({ type, layer }) => (type === 'shared' ? [layer] : []))).toEqual([first, last]);
  expect([...(model.weights?.keys() ?? [])].sort()).toEqual(
    [first, last, 'out_Gemm'].flatMap((name) => [`${name}/kernel`, `${name}/bias`]).sort(),
  );
  expect(model.warnings.join()).not.toContain('copy');
});

test.each(names)('%s', async (name) => {
  const bytes = readFileSync(new URL(`architecture_${name}.onnx`, FOLDER));
  const { inputs, output } = JSON.parse(
    readFileSync(new URL(`architecture_${name}.json`, FOLDER), 'utf8'),
  ) as { inputs: Packed[]; output: Packed };
  const model = imported(await importModel(bytes));
  const given = inputs.map((x) => (x.shape.length === 1 ? { ...x, shape: [...x.shape, 1] } : x));
  const { data } = await predict(model, ...given);
  expect(data.length).toBe(output.data.length);
  const largest = Math.max(...output.data.map(Math.abs));
  const errors = data.map((value, i) => Math.abs(value - (output.data[i] as number)));
  expect(Math.max(...errors)).toBeLessThan(1e-5 * Math.max(1, largest));
  // Zeros would be close to zeros.
  expect(largest).toBeGreaterThan(0.01);
});
