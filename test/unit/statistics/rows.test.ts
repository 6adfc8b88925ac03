/** @file Pages of rows: the same as cut from all rows, and made without them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Series, Trace } from '../../../src/statistics/index.ts';
import { pageOf, type Row, type RowFilter } from '../../../src/statistics/rows.ts';

const RUN = 'baseline/0';

/** What the filter leaves of the indices of a series, by looking at each. */
function indicesOf(
  { steps }: Series,
  { from_step = 0, to_step = Infinity, max_points }: RowFilter,
): number[] {
  const within = [...steps.keys()].filter(
    (i) => (steps[i] as number) >= from_step && (steps[i] as number) <= to_step,
  );
  if (max_points === undefined || within.length <= max_points) return within;
  if (max_points === 1) return within.slice(-1);
  return Array.from(
    { length: max_points },
    (_, i) => within[Math.round((i * (within.length - 1)) / (max_points - 1))] as number,
  );
}

/** The definition: every row is made, all are sorted. */
const allRows = (series: readonly Series[], filter: RowFilter): Row[] =>
  series
    .filter((one) =>
      (['layer', 'tensor', 'metric'] as const).every((key) => (filter[key] ?? one[key]) === one[key]),
    )
    .flatMap((one) =>
      indicesOf(one, filter).map((i) => ({
        run: RUN,
        step: one.steps[i] as number,
        layer: one.layer,
        tensor: one.tensor,
        metric: one.metric,
        value: one.values[i] as number,
      })),
    )
    .sort((a, b) => a.step - b.step);

const traceOf = (series: readonly Series[]): Trace => ({ series }) as Partial<Trace> as Trace;

const MAX_STEP = 40;
const layer = fc.constantFrom('hidden', 'output');
const metric = fc.constantFrom('rms', 'mean');

const seriesArbitrary: fc.Arbitrary<Series> = fc
  .record({
    layer: fc.option(layer),
    tensor: fc.option(fc.constantFrom('output', 'kernel')),
    metric,
    steps: fc.uniqueArray(fc.nat(MAX_STEP), { maxLength: MAX_STEP }),
    scale: fc.constantFrom(1, -0.5, Number.NaN, Infinity),
  })
  .map(({ steps, scale, ...names }) => {
    const sorted = Int32Array.from(steps).sort();
    return { ...names, steps: sorted, values: Float64Array.from(sorted, (step) => scale * step) };
  });

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const filterArbitrary: fc.Arbitrary<RowFilter> = fc.record({
  layer: optional(layer),
  tensor: optional(fc.constant('output')),
  metric: optional(metric),
  from_step: optional(fc.nat(MAX_STEP + 2)),
  to_step: optional(fc.nat(MAX_STEP + 2)),
  max_points: optional(fc.integer({ min: 1, max: MAX_STEP + 2 })),
});

describe('a page of rows', () => {
  it('is what is cut from all rows', () => {
    fc.assert(
      fc.property(
        fc.array(seriesArbitrary, { maxLength: 8 }),
        filterArbitrary,
        fc.nat(120),
        fc.nat(120),
        (series, filter, offset, limit) => {
          const all = allRows(series, filter);
          const page = pageOf(RUN, traceOf(series), filter, offset, limit);
          expect(page).toEqual({ rows: all.slice(offset, offset + limit), total: all.length });
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('of ten million numbers reads few of them', () => {
    const [columns, length, limit] = [1000, 10_000, 100];
    let reads = { steps: 0, values: 0 };
    const counted = <T extends object>(array: T, kind: keyof typeof reads): T =>
      new Proxy(array, {
        get(target, key) {
          if (key !== 'length') reads[kind]++;
          return Reflect.get(target, key);
        },
      });
    const steps = counted(
      Int32Array.from({ length }, (_, i) => 10 * i),
      'steps',
    );
    const values = counted(new Float64Array(length), 'values');
    const names = Array.from({ length: columns }, (_, i) => `layer ${i}`);
    const trace = traceOf(
      names.map((name) => ({ layer: name, tensor: 'output', metric: 'rms', steps, values })),
    );
    for (const offset of [0, 4_999_950, columns * length - limit]) {
      reads = { steps: 0, values: 0 };
      const { rows, total } = pageOf(RUN, trace, {}, offset, limit);
      expect([rows.length, total]).toEqual([limit, columns * length]);
      expect(rows[0]).toMatchObject({
        step: 10 * Math.floor(offset / columns),
        layer: names[offset % columns],
      });
      // A value is read for each row that is made: those of the first and the last step of the page, here the same or neighbours.
      expect(reads.values).toBeLessThanOrEqual(2 * columns);
      // Two bisections over 10⁵ steps (17 halvings), each of them one over 10⁴ indices (14 halvings) per series, and a few more.
      expect(reads.steps).toBeLessThanOrEqual(columns * 14 * (2 * 17 + 6));
    }
  });
});
