/** @file Which samples a training step sees: epochs laid end to end, cut into batches of constant size. */
import { assert } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import type { InputLayout } from './input_layout.ts';
import type { Rows } from './rows.ts';

interface BatchOptions {
  /** Number of training samples. */
  readonly count: number;
  /** Clamped to `count`. */
  readonly batchSize: number;
  /** A new order in each epoch; false keeps the given order. */
  readonly shuffle: boolean;
  readonly seed: number;
}

export interface Batches {
  readonly batchSize: number;
  /** The samples of a step's batch, steps counted from 0; any order of steps gives the same batches. */
  indices(step: number): Int32Array;
}

/** A batch never holds a sample of one epoch twice. */
export const effectiveBatchSize = (batchSize: number, count: number): number => Math.min(batchSize, count);

/**
 * The stream of samples is one epoch after another, each a permutation of all samples, cut into batches of
 * one size. A batch may so end one epoch and begin the next: every sample is seen equally often, and the
 * compiled step has static shapes.
 */
export function createBatches({ count, batchSize, shuffle, seed }: BatchOptions): Batches {
  assert(count >= 1 && batchSize >= 1, 'batches need at least one sample');
  const size = effectiveBatchSize(batchSize, count);
  // A batch touches two epochs at most, the later of which the next steps need again.
  let orders: { epoch: number; order: Int32Array }[] = [];

  const orderOf = (epoch: number): Int32Array => {
    const known = orders.find((kept) => kept.epoch === epoch);
    if (known) return known.order;
    const order = new Int32Array(count).map((_, i) => i);
    if (shuffle) createRandom(seed, 'batches', epoch).shuffle(order);
    orders = [...orders.slice(-1), { epoch, order }];
    return order;
  };

  return {
    batchSize: size,
    indices(step) {
      const batch = new Int32Array(size);
      const start = step * size;
      const epoch = Math.floor(start / count);
      const head = orderOf(epoch).subarray(start - epoch * count, start - epoch * count + size);
      batch.set(head);
      if (head.length < size) batch.set(orderOf(epoch + 1).subarray(0, size - head.length), head.length);
      return batch;
    },
  };
}

/** Copies every input of the samples that `indices` names into the buffer that `bufferOf` gives for its name. */
export function gatherInputs(
  samples: Rows,
  layout: readonly InputLayout[],
  indices: Int32Array,
  bufferOf: (name: string) => Float32Array,
): void {
  for (const { name, offset, size } of layout) {
    const out = bufferOf(name);
    assert(out.length >= indices.length * size, 'the batch does not fit');
    let position = 0;
    for (const index of indices) position = samples.copy(index, offset, offset + size, out, position);
  }
}
