/** @file The folder's door: the record of a training, and its rows. */

export { effectiveRank } from './effective_rank.ts';
export { findSeries } from './find_series.ts';
export { type Grid, type GridFilter, gridOf, type StuckOfLayer, stuckOf } from './grid.ts';
export { lossRatio, lossScale, validationRatio } from './loss_ratio.ts';
export { LOSS_SLOTS, LossRing } from './loss_ring.ts';
export { MEASURE_BYTES, Measure, signedMetrics, type TensorMetric, tensorMetrics } from './moments.ts';
export { type Outcome, outcomeOf } from './outcome.ts';
export { type RecordedRows, Recorder, type Table } from './recorder.ts';
export { pageOf, type Row, type RowFilter } from './rows.ts';
export type { SavedTraining, Snapshot } from './snapshot.ts';
export { StuckUnits } from './stuck.ts';
export {
  type Divergence,
  type Evaluation,
  type LabelRecall,
  type ModeComparison,
  type RateTrial,
  type Reference,
  SATURATED_SAMPLES,
  type Series,
  type TiedUnits,
  type Trace,
  type TracedLayer,
  type TracedWeights,
  type UnitPass,
} from './trace.ts';
export { decodeTensor, decodeTrace, encodeTrace } from './trace_codec.ts';
export { mostUnits, UnitCounter, type UnitLayout, unitLayout } from './units.ts';
