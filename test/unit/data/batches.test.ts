/** @file Batches: epochs end to end, constant sizes, any order of steps. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBatches, effectiveBatchSize, gatherInputs } from '../../../src/data/index.ts';
import { Rows } from '../../../src/data/rows.ts';

const stream = (batches: ReturnType<typeof createBatches>, steps: number) =>
  Array.from({ length: steps }, (_, step) => [...batches.indices(step)]);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('without shuffling', () => {
  test('a batch of all samples is all samples in their order, at every step', () => {
    const batches = createBatches({ count: 5, batchSize: 5, shuffle: false, seed: 1 });
    for (const batch of stream(batches, 4)) expect(batch).toEqual([0, 1, 2, 3, 4]);
  });

  test('a batch may straddle two epochs', () => {
    const batches = createBatches({ count: 5, batchSize: 3, shuffle: false, seed: 1 });
    expect(stream(batches, 5)).toEqual([
      [0, 1, 2],
      [3, 4, 0],
      [1, 2, 3],
      [4, 0, 1],
      [2, 3, 4],
    ]);
  });
});

test('a batch larger than the data is clamped', () => {
  const batches = createBatches({ count: 3, batchSize: 64, shuffle: true, seed: 1 });
  expect(batches.batchSize).toBe(3);
  expect(effectiveBatchSize(64, 3)).toBe(3);
  expect(effectiveBatchSize(2, 3)).toBe(2);
  for (const batch of stream(batches, 5)) expect(batch.toSorted()).toEqual([0, 1, 2]);
});

const sizes = [
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 50 }),
  fc.boolean(),
  fc.nat(),
] as const;

test('every epoch is a permutation, so that every sample is seen equally often', () => {
  fc.assert(
    fc.property(...sizes, (count, batchSize, shuffle, seed) => {
      const batches = createBatches({ count, batchSize, shuffle, seed });
      // As many steps as make whole epochs: batchSize epochs are count steps.
      const seen = stream(batches, count).flat();
      expect(seen).toHaveLength(count * batches.batchSize);
      for (let epoch = 0; epoch < batches.batchSize; epoch++) {
        const samples = seen.slice(epoch * count, (epoch + 1) * count);
        expect(samples.toSorted((a, b) => a - b)).toEqual(upTo(count));
      }
    }),
    { numRuns: 60 },
  );
});

test('a step has the same batch whatever was asked before', () => {
  fc.assert(
    fc.property(
      ...sizes,
      fc.array(fc.nat(200), { maxLength: 10 }),
      (count, batchSize, shuffle, seed, steps) => {
        const options = { count, batchSize, shuffle, seed };
        const one = createBatches(options);
        for (const step of steps) expect(one.indices(step)).toEqual(createBatches(options).indices(step));
      },
    ),
    { numRuns: 60 },
  );
});

test('each epoch and each seed has its own order', () => {
  const options = { count: 50, batchSize: 50, shuffle: true, seed: 1 };
  const [first, second] = stream(createBatches(options), 2);
  expect(first).not.toEqual(second);
  expect(first).not.toEqual(upTo(50));
  expect(stream(createBatches({ ...options, seed: 2 }), 1)[0]).not.toEqual(first);
});

test('gatherInputs copies the parts of rows in the order of the indices', () => {
  const rows = new Rows(Float32Array.from([0, 1, 2, 10, 11, 12, 20, 21, 22]), 3, Int32Array.from([2, 1, 0]));
  const layout = [
    { name: 'a', offset: 0, size: 2, shape: [2], dtype: 'float32' },
    { name: 'b', offset: 2, size: 1, shape: [1], dtype: 'float32' },
  ] as const;
  const out = { a: new Float32Array(6), b: new Float32Array(3) };
  const bufferOf = (name: string) => out[name as 'a' | 'b'];
  gatherInputs(rows, layout, Int32Array.from([2, 0, 2]), bufferOf);
  expect(out).toEqual({ a: Float32Array.from([0, 1, 20, 21, 0, 1]), b: Float32Array.from([2, 22, 2]) });
  expect(() => gatherInputs(rows, layout, Int32Array.from([0, 1, 2, 0]), bufferOf)).toThrow('does not fit');
});

test('numbers are scaled, standardized and put in order as they are read, rounded once', () => {
  const change = {
    factor: 0.1,
    isScaled: Uint8Array.of(1, 0),
    moments: { mean: Float64Array.of(0.5, 9), std: Float64Array.of(3, 9) },
  };
  const rows = new Rows(Uint8Array.of(1, 2, 3, 4), 2, Int32Array.of(1, 0), Int32Array.of(1, 0), change);
  expect([...rows.toFloat32()]).toEqual([(4 * 0.1 - 0.5) / 3, 3, (2 * 0.1 - 0.5) / 3, 1].map(Math.fround));
  expect(rows.kept().toFloat32()).toEqual(rows.toFloat32());
});
