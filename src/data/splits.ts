/** @file From the samples of a data set to what a training gets: shuffled, cut, split, scaled, standardized. */
import { assert } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import { type DataDescription, type Numbers, type Samples, sizeOf } from './data_set.ts';
import type { InputLayout } from './input_layout.ts';
import type { CommonOptions } from './options.ts';

/** As the training reads it: float32, like the network. */
export interface Split {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
  readonly count: number;
}

export interface DataSplits {
  readonly training: Split;
  readonly validation: Split | null;
  readonly description: DataDescription;
  /** Where each input of the network stands in a sample's row. */
  readonly inputs: readonly InputLayout[];
  /** Samples per class of the training split, or null for values. */
  readonly class_counts: readonly number[] | null;
  /** What `standardize_targets` took from the targets: target = mean + std · what is trained on; null without it. */
  readonly target_moments: Moments | null;
}

/** Sizes of the two splits; where both are asked for, neither is empty as long as there are two samples. */
export function splitSizes(
  samples: number,
  validationSplit: number,
): { training: number; validation: number } {
  const wanted = Math.max(1, Math.round(samples * validationSplit));
  const validation = validationSplit > 0 ? Math.min(wanted, samples - 1) : 0;
  return { training: samples - validation, validation };
}

/** Takes all samples of the set; `description` says how many of them are used. */
export function splitSamples(
  samples: Samples,
  description: DataDescription,
  layout: readonly InputLayout[],
  options: CommonOptions,
  { seed, learnsInputs }: { readonly seed: number; readonly learnsInputs: boolean },
): DataSplits {
  const order = orderOf(samples, description, options.shuffle, seed);
  const sizes = splitSizes(description.samples, options.validation_split);
  const taken = order.subarray(0, sizes.training + sizes.validation);
  const given = rowsOf(samples.inputs, sizeOf(description.input_shape), taken);
  const isScaled = columnsToScale(layout, given.size);
  const scaled = options.scale === 1 ? given : multiplied(given, isScaled, options.scale);
  const inputs = options.standardize ? standardized(scaled, sizes.training, isScaled).rows : scaled;
  const wanted = learnsInputs ? inputs : rowsOf(samples.targets, sizeOf(description.target_shape), taken);
  const { rows: targets, moments: target_moments } = options.standardize_targets
    ? standardized(wanted, sizes.training)
    : { rows: wanted, moments: null };
  const cut = (from: number, to: number): Split => ({
    inputs: rounded(inputs, from, to),
    targets: rounded(targets, from, to),
    count: to - from,
  });
  const training = cut(0, sizes.training);
  const validation = sizes.validation > 0 ? cut(sizes.training, taken.length) : null;
  const class_counts =
    description.classes === null || options.standardize_targets
      ? null
      : countClasses(training.targets, description.classes);
  return { training, validation, description, inputs: layout, class_counts, target_moments };
}

function orderOf(samples: Samples, description: DataDescription, shuffle: boolean, seed: number): Int32Array {
  const available = samples.inputs.length / sizeOf(description.input_shape);
  assert(available >= description.samples, 'a data set yields fewer samples than it describes');
  const order = Int32Array.from({ length: available }, (_, i) => i);
  return shuffle ? createRandom(seed, 'split').shuffle(order) : order;
}

/**
 * Rows of the data set in the order in which they are used, and what becomes of a number. It is computed in float64 when it is
 * asked for and rounded once: no copy of the data set in float64 is made.
 */
interface Rows {
  readonly values: Numbers;
  readonly size: number;
  readonly order: Int32Array;
  readonly map: (value: number, column: number) => number;
}

const rowsOf = (values: Numbers, size: number, order: Int32Array): Rows => ({
  values,
  size,
  order,
  map: (value) => value,
});

/** Calls back with every number of these rows, row by row. */
function eachOf(
  { values, size, order, map }: Rows,
  from: number,
  to: number,
  use: (value: number, column: number, at: number) => void,
): void {
  let at = 0;
  for (let row = from; row < to; row++) {
    const start = (order[row] as number) * size;
    for (let j = 0; j < size; j++) use(map(values[start + j] as number, j), j, at++);
  }
}

function rounded(rows: Rows, from: number, to: number): Float32Array {
  const out = new Float32Array((to - from) * rows.size);
  eachOf(rows, from, to, (value, _column, at) => {
    out[at] = value;
  });
  return out;
}

/** 1 for the columns of numbers, 0 for those of tokens: a token has no scale. */
function columnsToScale(layout: readonly InputLayout[], features: number): Uint8Array {
  const columns = new Uint8Array(features).fill(1);
  for (const { dtype, offset, size } of layout) if (dtype === 'token') columns.fill(0, offset, offset + size);
  return columns;
}

const multiplied = (rows: Rows, isScaled: Uint8Array, factor: number): Rows => ({
  ...rows,
  map: (value, column) => rows.map(value, column) * (isScaled[column] === 1 ? factor : 1),
});

export interface Moments {
  readonly mean: Float64Array;
  /** Biased; 1 where the feature is constant, so that it is only centred. */
  readonly std: Float64Array;
}

/** Of the first rows, in two passes and relative to the first one, so that a constant feature has a deviation of exactly 0. */
function measure(rows: Rows, count: number): Moments {
  const [origin, sum, squares] = [0, 0, 0].map(() => new Float64Array(rows.size)) as Three;
  eachOf(rows, 0, 1, (value, j) => {
    origin[j] = value;
  });
  eachOf(rows, 0, count, (value, j) => {
    sum[j] = (sum[j] as number) + (value - (origin[j] as number));
  });
  const offset = sum.map((total) => total / count);
  eachOf(rows, 0, count, (value, j) => {
    squares[j] = (squares[j] as number) + (value - (origin[j] as number) - (offset[j] as number)) ** 2;
  });
  return {
    mean: origin.map((first, j) => first + (offset[j] as number)),
    std: squares.map((total) => (total === 0 ? 1 : Math.sqrt(total / count))),
  };
}

type Three = [Float64Array, Float64Array, Float64Array];

/**
 * By the moments of the first rows, which are the training split's.
 * @param isScaled the columns that are; by default all
 */
function standardized(
  rows: Rows,
  training: number,
  isScaled?: Uint8Array,
): { readonly rows: Rows; readonly moments: Moments } {
  const moments = measure(rows, training);
  const { mean, std } = moments;
  const map = (value: number, column: number) => {
    const x = rows.map(value, column);
    return isScaled?.[column] === 0 ? x : (x - (mean[column] as number)) / (std[column] as number);
  };
  return { rows: { ...rows, map }, moments };
}

function countClasses(targets: Float32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of targets) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
