/** @file The measured metrics against their formulas in plain float64. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/kernels/index.ts';
import { MEASURE_BYTES } from '../../../src/statistics/index.ts';
import {
  Measure,
  QUANTILE_ELEMENTS,
  type TensorMetric,
  tensorMetrics,
} from '../../../src/statistics/moments.ts';
import { createRandom } from '../../../src/util/random.ts';

/** @param subtracted measures the difference */
function measure(
  numbers: ArrayLike<number>,
  subtracted: ArrayLike<number> | null = null,
): Record<TensorMetric, number> {
  const arena = new Arena(MEASURE_BYTES + 2 * Arena.bytesOf(numbers.length));
  const take = (given: ArrayLike<number>) => {
    const array = arena.floats(given.length);
    array.set(Array.from(given));
    return array;
  };
  const values = take(numbers);
  const before = subtracted === null ? null : take(subtracted);
  const out = new Float64Array(tensorMetrics.length);
  const metrics = new Measure(arena);
  // What was measured before leaves no trace.
  metrics.tensor(values, out, 0);
  metrics.tensor(values, out, 0, before);
  expect([...values]).toEqual([...Float32Array.from(Array.from(numbers))]);
  return Object.fromEntries(tensorMetrics.map((name, i) => [name, out[i]])) as Record<TensorMetric, number>;
}

/** Of |x|, interpolated linearly between neighbours. */
function quantile(sorted: ArrayLike<number>, level: number): number {
  const position = level * (sorted.length - 1);
  const low = Math.floor(position);
  const [a, b] = [sorted[low] as number, sorted[Math.min(low + 1, sorted.length - 1)] as number];
  return a + (position - low) * (b - a);
}

function expected(numbers: Float32Array): Record<TensorMetric, number> {
  const x = Float64Array.from(numbers);
  const n = x.length;
  const total = (f: (value: number) => number) => x.reduce((sum, value) => sum + f(value), 0);
  const mean = total((v) => v) / n;
  const sorted = x.map(Math.abs).sort();
  const at = (level: number) => quantile(sorted, level);
  return {
    l2_norm: Math.sqrt(total((v) => v * v)),
    rms: Math.sqrt(total((v) => v * v) / n),
    mean,
    std: Math.sqrt(total((v) => (v - mean) ** 2) / n),
    min: x.reduce((least, v) => Math.min(least, v)),
    max: x.reduce((most, v) => Math.max(most, v)),
    abs_mean: total(Math.abs) / n,
    abs_max: sorted.at(-1) as number,
    zero_fraction: total((v) => Number(v === 0)) / n,
    non_finite_count: 0,
    abs_p01: at(0.01),
    abs_p05: at(0.05),
    abs_p25: at(0.25),
    abs_p50: at(0.5),
    abs_p75: at(0.75),
    abs_p95: at(0.95),
    abs_p99: at(0.99),
  };
}

function expectSame(actual: Record<TensorMetric, number>, wanted: Record<TensorMetric, number>): void {
  // std of nearly equal numbers is what cancellation leaves; everything else is a sum or an element.
  const scale = wanted.abs_max;
  for (const metric of tensorMetrics) {
    // Half a bin of the histogram; what lies in the lowest one, below 2⁻¹³², counts as 0.
    const bin = metric.startsWith('abs_p') ? wanted[metric] / 128 + 2 ** -132 : 0;
    const limit = bin + 1e-9 * (metric === 'l2_norm' ? wanted.l2_norm : scale);
    expect(Math.abs(actual[metric] - wanted[metric]), metric).toBeLessThanOrEqual(limit);
  }
}

const numbers = fc.oneof(
  fc.float({ min: -10, max: 10, noNaN: true }),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }),
  fc.constant(0),
  fc.constant(-0),
  fc.float({ min: Math.fround(-1e-30), max: Math.fround(1e-30), noNaN: true }),
);

describe('metrics of a tensor', () => {
  it('are their formulas, at every length and scale', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 200, noNaN: true, noDefaultInfinity: true }),
        (x) => expectSame(measure(x), expected(x)),
      ),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(fc.array(numbers, { minLength: 1, maxLength: 200 }), (x) => {
        const values = Float32Array.from(x);
        expectSame(measure(values), expected(values));
      }),
      { numRuns: 300 },
    );
  });

  it.each([63, 64, 65, 127, 1000, QUANTILE_ELEMENTS - 1, QUANTILE_ELEMENTS])(
    'have the quantiles of all of %d elements, half of them zeros',
    (length) => {
      const random = createRandom(0, 'moments', length);
      const x = Float32Array.from({ length }, () =>
        random.integer(2) === 0 ? 0 : random.normal() * 10 ** (random.integer(30) - 20),
      );
      expectSame(measure(x), expected(x));
    },
  );

  it.each([1, 3, 4, 2047, 2048, 2049, 9000])('are those of a difference of %d elements', (length) => {
    const random = createRandom(0, 'difference', length);
    const [a, b] = [0, 1].map(() => Float32Array.from({ length }, () => Math.fround(random.normal())));
    const difference = (a as Float32Array).map((x, i) => x - ((b as Float32Array)[i] as number));
    expect(measure(a as Float32Array, b)).toEqual(measure(difference));
    const constant = (b as Float32Array).map((x) => x + 1);
    expect(measure(constant, b).std).toBeLessThan(1e-6);
    expect(measure(b as Float32Array, b)).toMatchObject({ abs_max: 0, std: 0, zero_fraction: 1, abs_p50: 0 });
  });

  it('have quantiles of one value where there is one', () => {
    const found = measure(new Float32Array(1000).fill(-1));
    expect(found).toMatchObject({ abs_p01: 1, abs_p50: 1, abs_p99: 1 });
  });

  it('have quantiles of a sample of larger tensors: ranks within 3 %', () => {
    const random = createRandom(0, 'sample');
    const x = Float32Array.from({ length: 300_000 }, () => random.normal());
    const found = measure(x);
    const sorted = Float64Array.from(x).map(Math.abs).sort();
    for (const [metric, level] of [
      ['abs_p25', 0.25],
      ['abs_p50', 0.5],
      ['abs_p95', 0.95],
    ] as const) {
      const rank = sorted.findIndex((value) => value >= found[metric]) / sorted.length;
      expect(Math.abs(rank - level), metric).toBeLessThan(0.03);
    }
    const { l2_norm, mean, std } = expected(x);
    expect(found.l2_norm / l2_norm).toBeCloseTo(1, 9);
    expect(found.mean).toBeCloseTo(mean, 9);
    expect(found.std / std).toBeCloseTo(1, 9);
  });

  it('keep the deviation of numbers that hardly differ', () => {
    const x = Float32Array.from({ length: 1000 }, (_, i) => 1e4 + (i % 2) * 2 ** -9);
    expect(measure(x).std / expected(x).std).toBeCloseTo(1, 9);
    expect(expected(x).std).toBeGreaterThan(0);
  });

  it.each([
    [Number.NaN, Number.NaN],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('tell of %d among them', (odd, norm) => {
    for (const length of [3, 70, 5000]) {
      const x = new Float32Array(length).fill(1);
      x[1] = odd;
      const found = measure(x);
      expect(found.non_finite_count).toBe(1);
      expect(found.l2_norm).toBe(norm);
      const hasNaN = Number.isNaN(odd);
      expect(found.abs_p50).toEqual(hasNaN ? Number.NaN : expect.closeTo(1, 1));
      // Its upper neighbour is infinite where there are few.
      expect(found.abs_p99).toEqual(
        hasNaN ? Number.NaN : length < 100 ? Number.POSITIVE_INFINITY : expect.closeTo(1, 1),
      );
    }
  });
});
