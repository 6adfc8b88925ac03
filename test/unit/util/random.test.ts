/** @file Streams of random numbers: named, reproducible, and never twice the same. */
import { expect, it } from 'vitest';
import { createRandom } from '../../../src/util/random.ts';

it('gives equal names the same stream', () => {
  const draw = () => {
    const random = createRandom(7, 'weights', 'dense_1/kernel');
    return [random.uniform(), random.normal(), random.integer(1000)];
  };
  expect(draw()).toEqual(draw());
});

it('gives each step of each layer a stream of its own, in a long training as well', () => {
  const STEPS = 100_000;
  const layers = ['dropout_1', 'dropout_2', 'dropout_3'];
  // 53 bits of each stream: by chance alone two of them agree with a probability of 5e-6.
  const first = new Set(
    layers.flatMap((layer) =>
      Array.from({ length: STEPS }, (_, step) => createRandom(0, 'noise', layer, step).uniform()),
    ),
  );
  expect(first.size).toBe(layers.length * STEPS);
});

it('is uniform and independent over neighbouring names, from the first number on', () => {
  const STREAMS = 100_000;
  const firsts = Float64Array.from({ length: STREAMS }, (_, step) =>
    createRandom(1, 'noise', step).uniform(),
  );
  const mean = firsts.reduce((sum, value) => sum + value, 0) / STREAMS;
  const variance = firsts.reduce((sum, value) => sum + (value - mean) ** 2, 0) / STREAMS;
  let covariance = 0;
  for (let i = 1; i < STREAMS; i++) covariance += (firsts[i]! - 0.5) * (firsts[i - 1]! - 0.5);
  // Five standard errors: of the mean 1/sqrt(12 n), of the variance sqrt(1/180 n), of the correlation 1/sqrt(n).
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 / Math.sqrt(12 * STREAMS));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * STREAMS));
  expect(Math.abs((12 * covariance) / STREAMS)).toBeLessThan(5 / Math.sqrt(STREAMS));
});
