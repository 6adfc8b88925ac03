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
  const inputs = rowsOf(samples.inputs, sizeOf(description.input_shape), taken);
  const isScaled = columnsToScale(layout, inputs.size);
  if (options.scale !== 1) multiply(inputs, isScaled, options.scale);
  if (options.standardize) standardize(inputs, sizes.training, isScaled);
  const targets = learnsInputs
    ? { ...inputs, all: inputs.all.slice() }
    : rowsOf(samples.targets, sizeOf(description.target_shape), taken);
  const target_moments = options.standardize_targets ? standardize(targets, sizes.training) : null;
  const cut = (from: number, to: number): Split => ({
    inputs: Float32Array.from(inputs.all.subarray(from * inputs.size, to * inputs.size)),
    targets: Float32Array.from(targets.all.subarray(from * targets.size, to * targets.size)),
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

/** Rows of numbers in float64, in which they are scaled and standardized before they are rounded. */
interface Rows {
  readonly all: Float64Array;
  readonly size: number;
}

function rowsOf(values: Numbers, size: number, order: Int32Array): Rows {
  const all = new Float64Array(order.length * size);
  order.forEach((sample, row) => {
    for (let j = 0; j < size; j++) all[row * size + j] = values[sample * size + j] as number;
  });
  return { all, size };
}

/** 1 for the columns of numbers, 0 for those of tokens: a token has no scale. */
function columnsToScale(layout: readonly InputLayout[], features: number): Uint8Array {
  const columns = new Uint8Array(features).fill(1);
  for (const { dtype, offset, size } of layout) if (dtype === 'token') columns.fill(0, offset, offset + size);
  return columns;
}

function multiply({ all, size }: Rows, isScaled: Uint8Array, factor: number): void {
  for (let i = 0; i < all.length; i++) if (isScaled[i % size] === 1) all[i] = (all[i] as number) * factor;
}

export interface Moments {
  readonly mean: Float64Array;
  /** Biased; 1 where the feature is constant, so that it is only centred. */
  readonly std: Float64Array;
}

/** In two passes and relative to the first sample, so that a constant feature has a deviation of exactly 0. */
function measure(values: Float64Array, features: number): Moments {
  const count = values.length / features;
  const mean = new Float64Array(features);
  const std = new Float64Array(features);
  for (let j = 0; j < features; j++) {
    const origin = values[j] as number;
    let sum = 0;
    for (let i = j; i < values.length; i += features) sum += (values[i] as number) - origin;
    const offset = sum / count;
    let squares = 0;
    for (let i = j; i < values.length; i += features) {
      squares += ((values[i] as number) - origin - offset) ** 2;
    }
    mean[j] = origin + offset;
    std[j] = squares === 0 ? 1 : Math.sqrt(squares / count);
  }
  return { mean, std };
}

/**
 * By the moments of the first rows, which are the training split's.
 * @param isScaled the columns that are; by default all
 */
function standardize({ all, size }: Rows, training: number, isScaled?: Uint8Array): Moments {
  const moments = measure(all.subarray(0, training * size), size);
  for (let i = 0; i < all.length; i++) {
    const j = i % size;
    if (isScaled?.[j] === 0) continue;
    all[i] = ((all[i] as number) - (moments.mean[j] as number)) / (moments.std[j] as number);
  }
  return moments;
}

function countClasses(targets: Float32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of targets) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
