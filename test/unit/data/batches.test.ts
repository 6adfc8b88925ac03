/** @file Batches: epochs end to end, constant sizes, any order of steps. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBatches, effectiveBatchSize, gather } from '../../../src/data/index.ts';

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

test('gather copies the rows in the order of the indices', () => {
  const samples = Float32Array.from([0, 1, 10, 11, 20, 21]);
  const out = new Float32Array(6);
  expect(gather(samples, 2, Int32Array.from([2, 0, 2]), out)).toBe(out);
  expect([...out]).toEqual([20, 21, 0, 1, 20, 21]);
  expect(() => gather(samples, 2, Int32Array.from([0, 1, 2]), new Float32Array(5))).toThrow('does not fit');
});
