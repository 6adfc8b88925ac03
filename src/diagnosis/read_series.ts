/** @file What of a trace rules and reports read: all that a study needs to keep. The stored trace has the rest. */
import { type Trace, tensorMetrics } from '../statistics/index.ts';

/** Metrics of single tensors that something reads. `test/unit/diagnosis/read_series.test.ts` holds the sources to it. */
const READ: ReadonlySet<string> = new Set(['rms', 'l2_norm']);

export const UNREAD_METRICS: ReadonlySet<string> = new Set(
  tensorMetrics.filter((metric) => !READ.has(metric)),
);

/** Without weights, and without the series of metrics that nobody reads: a sixth of the numbers. */
export const readSeries = (trace: Trace): Trace => ({
  ...trace,
  weights: null,
  series: trace.series.filter(({ layer, metric }) => layer === null || !UNREAD_METRICS.has(metric)),
});
