/** @file What the rules are told of the training data: scales, range of the targets, sizes of the classes. */
import type { TargetReading } from './data_set.ts';
import { type Moments, Rows } from './rows.ts';
import type { DataSplits } from './splits.ts';

/** What is known of the training split, as the network sees it: scaled and standardized where that was asked for. */
export interface DataSummary {
  /** Root mean square of all inputs that are numbers; null where all are tokens. */
  readonly input_rms: number | null;
  /** Largest over median standard deviation of the features that vary; null where no input is a plain vector. */
  readonly feature_scale_ratio: number | null;
  /** Smallest and largest target; null where targets are classes. */
  readonly target_range: readonly [number, number] | null;
  /** Mean and biased deviation of the targets of one output, the one that is largest; null unless they are values. */
  readonly target_moments: { readonly mean: number; readonly std: number } | null;
  /**
   * Of outputs that are no classes to the loss: whether each sample's sum to 1, with one of them 1; of a single one, whether all are
   * 0 or 1; else null.
   */
  readonly target_rows: 'one_hot' | 'distribution' | 'binary' | 'other' | null;
  /** Samples of each class, as the loss reads the targets: of several, or of 0 and 1; null where they are values. */
  readonly class_counts: readonly number[] | null;
  /** Of all time steps, those that a mask keeps from the loss; absent where nothing is masked. */
  readonly masked_fraction?: number;
}

/** Calls back with every number of these columns, row by row. */
function eachOf(rows: Rows, from: number, to: number, use: (value: number, column: number) => void): void {
  const row = new Float32Array(to - from);
  for (let i = 0; i < rows.count; i++) {
    rows.copy(i, from, to, row, 0);
    row.forEach(use);
  }
}

/** Mean and biased standard deviation of columns. */
function momentsOf(rows: Rows, from: number, to: number): Moments {
  const [sum, squares] = [new Float64Array(to - from), new Float64Array(to - from)];
  eachOf(rows, from, to, (x, j) => {
    sum[j] = (sum[j] as number) + x;
  });
  const mean = sum.map((total) => total / rows.count);
  eachOf(rows, from, to, (x, j) => {
    squares[j] = (squares[j] as number) + (x - (mean[j] as number)) ** 2;
  });
  return { mean, std: squares.map((total) => Math.sqrt(total / rows.count)) };
}

function scaleRatio(deviation: readonly number[]): number {
  const varying = deviation.filter((one) => one > 0).sort((a, b) => a - b);
  // The median, because images have pixels that hardly ever vary.
  const [median, largest] = [varying[varying.length >> 1], varying.at(-1)];
  return median === undefined || largest === undefined ? 1 : largest / median;
}

/** Of the output with the largest root mean square. */
function largestMoments(targets: Float32Array, outputs: number): { mean: number; std: number } {
  const order = Int32Array.from({ length: targets.length / outputs }, (_, i) => i);
  const { mean, std } = momentsOf(new Rows(targets, outputs, order), 0, outputs);
  const columns = Array.from(mean, (own, j) => ({ mean: own, std: std[j] as number }));
  const rms = (column: { mean: number; std: number }) => Math.hypot(column.mean, column.std);
  return columns.reduce((most, column) => (rms(column) > rms(most) ? column : most));
}

function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of values) [low, high] = [Math.min(low, x), Math.max(high, x)];
  return [low, high];
}

/** Of one output that is 0 or 1; null where a target lies between, or there are several outputs. */
function countBinary(targets: Float32Array, samples: number): number[] | null {
  if (targets.length !== samples || !targets.every((x) => x === 0 || x === 1)) return null;
  const ones = targets.reduce((sum, x) => sum + x, 0);
  return [samples - ones, ones];
}

/** What the targets of a sample are together, in [samples, outputs] of numbers. */
function rowsOf(targets: Float32Array, samples: number): DataSummary['target_rows'] {
  const outputs = targets.length / samples;
  if (outputs < 2) return countBinary(targets, samples)?.every((count) => count > 0) ? 'binary' : null;
  let oneHot = true;
  for (let i = 0; i < samples; i++) {
    const row = targets.subarray(i * outputs, (i + 1) * outputs);
    const sum = row.reduce((total, x) => total + x, 0);
    if (Math.abs(sum - 1) > 1e-3 || row.some((x) => x < 0)) return 'other';
    oneHot &&= row.every((x) => x === 0 || x === 1);
  }
  return oneHot ? 'one_hot' : 'distribution';
}

export function summarizeData(
  { training, inputs: layout, class_counts }: DataSplits,
  reading: TargetReading,
): DataSummary {
  const { inputs, targets, count } = training;
  const numbers = layout.filter(({ dtype }) => dtype !== 'token');
  let squares = 0;
  for (const { offset, size } of numbers)
    eachOf(inputs, offset, offset + size, (x) => {
      squares += x * x;
    });
  const vectors = numbers.filter(({ shape }) => shape.length === 1);
  return {
    input_rms:
      numbers.length === 0
        ? null
        : Math.sqrt(squares / numbers.reduce((sum, { size }) => sum + count * size, 0)),
    feature_scale_ratio:
      vectors.length === 0
        ? null
        : scaleRatio(
            vectors.flatMap(({ offset, size }) => [...momentsOf(inputs, offset, offset + size).std]),
          ),
    target_range: reading === 'classes' || reading === 'mixed' ? null : rangeOf(targets),
    target_moments: reading === 'values' ? largestMoments(targets, targets.length / count) : null,
    target_rows: reading === 'classes' || reading === 'mixed' ? null : rowsOf(targets, count),
    class_counts: { classes: class_counts, binary: countBinary(targets, count), values: null, mixed: null }[
      reading
    ],
  };
}
