/** @file From the samples of a data set to what a training gets: shuffled, cut, split, scaled, standardized. */
import { assert } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import { gather } from './batches.ts';
import { type DataDescription, type Samples, sizeOf } from './data_set.ts';
import type { CommonOptions } from './options.ts';

export interface Split extends Samples {
  readonly count: number;
}

export interface DataSplits {
  readonly training: Split;
  readonly validation: Split | null;
  /** With the network's input shape. */
  readonly description: DataDescription;
  /** Samples per class of the training split, or null for values. */
  readonly class_counts: readonly number[] | null;
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
  options: CommonOptions,
  seed: number,
): DataSplits {
  const order = orderOf(samples, description, options.shuffle, seed);
  const sizes = splitSizes(description.samples, options.validation_split);
  const training = take(samples, description, order.subarray(0, sizes.training));
  const validation =
    sizes.validation > 0
      ? take(samples, description, order.subarray(sizes.training, sizes.training + sizes.validation))
      : null;
  const features = sizeOf(description.input_shape);
  const parts = validation ? [training.inputs, validation.inputs] : [training.inputs];
  if (options.scale !== 1) for (const inputs of parts) multiply(inputs, options.scale);
  if (options.standardize) {
    const moments = measure(training.inputs, features);
    for (const inputs of parts) standardize(inputs, moments);
  }
  const class_counts =
    description.classes === null ? null : countClasses(training.targets, description.classes);
  return { training, validation, description, class_counts };
}

function orderOf(samples: Samples, description: DataDescription, shuffle: boolean, seed: number): Int32Array {
  const available = samples.inputs.length / sizeOf(description.input_shape);
  assert(available >= description.samples, 'a data set yields fewer samples than it describes');
  const order = Int32Array.from({ length: available }, (_, i) => i);
  return shuffle ? createRandom(seed, 'split').shuffle(order) : order;
}

function take(samples: Samples, description: DataDescription, order: Int32Array): Split {
  const features = sizeOf(description.input_shape);
  const outputs = sizeOf(description.target_shape);
  const rows = (values: Float32Array, rowSize: number) =>
    gather(values, rowSize, order, new Float32Array(order.length * rowSize));
  return {
    inputs: rows(samples.inputs, features),
    targets: rows(samples.targets, outputs),
    count: order.length,
  };
}

function multiply(inputs: Float32Array, factor: number): void {
  for (let i = 0; i < inputs.length; i++) inputs[i] = (inputs[i] as number) * factor;
}

interface Moments {
  readonly mean: Float64Array;
  /** Biased; 1 where the feature is constant, so that it is only centred. */
  readonly std: Float64Array;
}

/** In two passes and relative to the first sample, so that a constant feature has a deviation of exactly 0. */
function measure(inputs: Float32Array, features: number): Moments {
  const count = inputs.length / features;
  const mean = new Float64Array(features);
  const std = new Float64Array(features);
  for (let j = 0; j < features; j++) {
    const origin = inputs[j] as number;
    let sum = 0;
    for (let i = j; i < inputs.length; i += features) sum += (inputs[i] as number) - origin;
    const offset = sum / count;
    let squares = 0;
    for (let i = j; i < inputs.length; i += features) {
      squares += ((inputs[i] as number) - origin - offset) ** 2;
    }
    mean[j] = origin + offset;
    std[j] = squares === 0 ? 1 : Math.sqrt(squares / count);
  }
  return { mean, std };
}

function standardize(inputs: Float32Array, { mean, std }: Moments): void {
  for (let i = 0; i < inputs.length; i++) {
    const j = i % mean.length;
    inputs[i] = ((inputs[i] as number) - (mean[j] as number)) / (std[j] as number);
  }
}

function countClasses(targets: Float32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of targets) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
