/** @file From the samples of a data set to what a training gets: shuffled, cut, split, scaled, standardized. */
import { assert } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import { type DataDescription, type Samples, sizeOf } from './data_set.ts';
import type { InputLayout } from './input_layout.ts';
import type { CommonOptions } from './options.ts';
import { type Moments, Rows } from './rows.ts';

/** As the training reads it: float32, like the network. */
export interface Split {
  /** Read sample by sample: they may be large, and lie in memory that threads share. */
  readonly inputs: Rows;
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
  const size = sizeOf(description.input_shape);
  const given = new Rows(samples.inputs, size, taken, samples.columns ?? null);
  const isScaled = columnsToScale(layout, size);
  const scaled =
    options.scale === 1 ? given : given.changed({ factor: options.scale, isScaled, moments: null });
  const inputs = options.standardize
    ? given.changed({ factor: options.scale, isScaled, moments: measure(scaled, sizes.training) })
    : scaled;
  const width = sizeOf(description.target_shape);
  const wanted = learnsInputs ? inputs : new Rows(samples.targets, width, taken);
  const target_moments = options.standardize_targets ? measure(wanted, sizes.training) : null;
  const targets = standardized(wanted, target_moments);
  const cut = (from: number, to: number): Split => ({
    inputs: inputs.slice(from, to).kept(),
    targets: targets(from, to),
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

/** 1 for the columns of numbers, 0 for those of tokens: a token has no scale. */
function columnsToScale(layout: readonly InputLayout[], features: number): Uint8Array {
  const columns = new Uint8Array(features).fill(1);
  for (const { dtype, offset, size } of layout) if (dtype === 'token') columns.fill(0, offset, offset + size);
  return columns;
}

/** Of the first rows, in two passes and relative to the first one, so that a constant feature has a deviation of exactly 0. */
function measure(rows: Rows, count: number): Moments {
  const { size } = rows;
  const [sum, squares] = [new Float64Array(size), new Float64Array(size)];
  const origin = Float64Array.from({ length: size }, (_, j) => rows.at(0, j));
  for (let row = 0; row < count; row++)
    for (let j = 0; j < size; j++) sum[j] = (sum[j] as number) + (rows.at(row, j) - (origin[j] as number));
  const offset = sum.map((total) => total / count);
  for (let row = 0; row < count; row++)
    for (let j = 0; j < size; j++)
      squares[j] =
        (squares[j] as number) + (rows.at(row, j) - (origin[j] as number) - (offset[j] as number)) ** 2;
  return {
    mean: origin.map((first, j) => first + (offset[j] as number)),
    std: squares.map((total) => (total === 0 ? 1 : Math.sqrt(total / count))),
  };
}

/** Targets from one sample to another, rounded to float32: they are few beside the inputs. */
const standardized =
  (rows: Rows, moments: Moments | null) =>
  (from: number, to: number): Float32Array => {
    if (moments === null) return rows.slice(from, to).toFloat32();
    const { size } = rows;
    return Float32Array.from({ length: (to - from) * size }, (_, i) => {
      const j = i % size;
      return (
        (rows.at(from + Math.floor(i / size), j) - (moments.mean[j] as number)) / (moments.std[j] as number)
      );
    });
  };

function countClasses(targets: Float32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of targets) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
