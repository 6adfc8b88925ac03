/** @file Bytes of a model turned over at random: each is read or refused, and the next whole file is read all the same. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/imports/index.ts';
import { createRandom } from '../../src/util/random.ts';
import { kerasHdf5, type WeightedLayer } from './archives.ts';
import { sequential2, sequential3 } from './models.ts';

const { shape, layers } = JSON.parse(
  readFileSync(new URL('fixtures/keras_recurrent.json', import.meta.url), 'utf8'),
) as { shape: number[]; layers: WeightedLayer[] };

const whole: readonly [string, () => Promise<Uint8Array> | Uint8Array][] = [
  ['Keras JSON', () => new TextEncoder().encode(JSON.stringify(sequential3(shape, layers)))],
  ['HDF5', () => kerasHdf5(sequential2(shape, layers), layers)],
  ['ONNX', () => new Uint8Array(readFileSync(new URL('fixtures/torch_cnn.onnx', import.meta.url)))],
];

describe('a broken file', () => {
  test.each(whole)('of %s is read or refused', async (kind, make) => {
    const bytes = await make();
    const random = createRandom(20, 'broken', kind);
    const pick = (n: number) => Math.floor(random.uniform() * n);
    let refused = 0;
    for (let round = 0; round < 600; round++) {
      const broken = Uint8Array.from(bytes);
      for (let i = 0; i <= pick(6); i++) broken[pick(broken.length)] = pick(256);
      const result = await importModel(pick(5) === 0 ? broken.subarray(0, pick(broken.length)) : broken);
      if (!result.ok) refused++;
    }
    expect(refused).toBeGreaterThan(20);
    expect((await importModel(bytes)).ok).toBe(true);
  });
});

test('an option that is missing is said to be missing', async () => {
  const config = { layers: [{ class_name: 'Dense', config: { name: 'first' } }] };
  const json = JSON.stringify({ class_name: 'Sequential', config });
  const result = await importModel(new TextEncoder().encode(json));
  expect(result.ok ? null : result.error).toMatchObject({
    code: 'file_unreadable',
    message: expect.stringMatching(/"first" has no "units", which has to be a/),
  });
});

describe('JSON that would cost more than it is worth is refused before it is parsed', () => {
  const text = (json: string) => importModel(new TextEncoder().encode(json));
  test.each([
    ['a million small objects', `{"a":[${'{},'.repeat(1_000_001)}{}]}`, /more than 200000 objects/],
    ['a million small lists', `{"a":[${'[],'.repeat(1_000_001)}[]]}`, /more than 1000000 objects and arrays/],
    [
      'deep nesting',
      `{"class_name":"Sequential","config":${'['.repeat(4_000_000)}`,
      /nested deeper than 200/,
    ],
    [
      'an object of many names',
      `{${Array.from({ length: 100_001 }, (_, i) => `"${i}":0`).join()}}`,
      /more than 100000 members/,
    ],
  ])('%s', async (_what, json, message) => {
    const before = process.memoryUsage().heapUsed;
    const result = await text(json);
    expect(result.ok ? null : result.error).toMatchObject({
      code: 'file_unreadable',
      message: expect.stringMatching(message),
    });
    // Parsed, the first two would take more than a hundred million bytes.
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(80 * 2 ** 20);
  });
});
