/** @file Series by layer, tensor and metric. */
import { expect, it } from 'vitest';
import { findSeries, type Series } from '../../../src/statistics/index.ts';

const series = (layer: string | null, tensor: string | null, metric: string): Series => ({
  layer,
  tensor,
  metric,
  steps: Int32Array.of(0),
  values: Float64Array.of(1),
});

it('finds each of them, and nothing for what was not measured', () => {
  const all = [
    series(null, null, 'learning_rate'),
    series('a', 'kernel', 'l2_norm'),
    series('a', 'kernel.update', 'l2_norm'),
    series('a', 'kernel', 'rms'),
    series('b', 'kernel', 'l2_norm'),
  ];
  const trace = { series: all };
  for (const one of all) expect(findSeries(trace, one.layer, one.tensor, one.metric)).toBe(one);
  expect(findSeries(trace, 'a', 'bias', 'l2_norm')).toBeUndefined();
  expect(findSeries(trace, null, null, 'l2_norm')).toBeUndefined();
  // Of another trace, though it was asked for the same.
  expect(findSeries({ series: all.slice(1) }, null, null, 'learning_rate')).toBeUndefined();
});
