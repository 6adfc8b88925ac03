/** @file Stuck units and outputs of one step against their definitions, element by element. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from '../../../src/kernels/index.ts';
import { StuckUnits, unitLayout } from '../../../src/statistics/index.ts';

const SATURATION = { low: -0.9, high: 0.9 };

interface Case {
  readonly positions: number;
  readonly units: number;
  readonly stride: number;
  readonly values: Float32Array;
  readonly mask: Float32Array | null;
}

const element = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0, -0) },
  fc.constantFrom(
    Math.fround(0.9),
    Math.fround(-0.9),
    1,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** -149,
  ),
  fc.float({ min: -2, max: 2, noNaN: true }),
);

const cases: fc.Arbitrary<Case> = fc
  .record({
    positions: fc.integer({ min: 1, max: 6 }),
    units: fc.integer({ min: 1, max: 9 }),
    stride: fc.integer({ min: 1, max: 11 }),
    masked: fc.boolean(),
  })
  .chain(({ positions, units, stride, masked }) => {
    const size = positions * units * stride;
    const kept = fc.array(fc.constantFrom(0, 1), { minLength: positions, maxLength: positions });
    return fc.record({
      positions: fc.constant(positions),
      units: fc.constant(units),
      stride: fc.constant(stride),
      values: fc
        .array(element, { minLength: size, maxLength: size })
        .map((values) => Float32Array.from(values)),
      mask: masked ? kept.map((rows) => Float32Array.from(rows)) : fc.constant(null),
    });
  });

function expected({ positions, units, stride, values, mask }: Case) {
  const alive = new Set<number>();
  let [saturated, total] = [0, 0];
  values.forEach((value, i) => {
    const position = Math.floor(i / (units * stride));
    if (mask !== null && mask[position] === 0) return;
    if (value !== 0) alive.add(Math.floor(i / stride) % units);
    if (value <= SATURATION.low || value >= SATURATION.high) saturated++;
    total++;
  });
  expect(values.length).toBe(positions * units * stride);
  return { dead: (units - alive.size) / units, saturated: saturated / total };
}

function measured({ units, stride, values, mask }: Case) {
  const arena = new Arena(StuckUnits.bytesFor(units) + Arena.bytesOf(values.length));
  const stuck = new StuckUnits(arena, units);
  const own = arena.floats(values.length);
  own.set(values);
  // What was counted before leaves no trace.
  stuck.dead(arena.floats(0), { units, stride }, null);
  stuck.dead(own, { units, stride }, null);
  return {
    dead: stuck.dead(own, { units, stride }, mask),
    saturated: stuck.saturated(own, SATURATION, mask),
  };
}

describe('stuck units of one step', () => {
  it('are their definitions: of features and of channels, with and without a mask', () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        expect(measured(drawn)).toEqual(expected(drawn));
      }),
      { numRuns: 500 },
    );
  });

  it('lie where the shape of the output says', () => {
    // Two images of two channels, the second of which is 0.
    const values = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0);
    const { units, stride } = unitLayout([2, 2, 2]);
    const drawn = { positions: 2, units, stride, values, mask: null };
    expect(measured(drawn)).toEqual({ dead: 0.5, saturated: 0.125 });
  });
});
