/**
 * @file Samples in the order in which they are used, and what becomes of their numbers. Nothing is copied: a number is computed
 * in float64 when it is read and rounded once. What lies behind is memory that threads may share, or a file.
 */
import type { OnDemand } from '../files/index.ts';
import type { Numbers } from './data_set.ts';

/** What becomes of the numbers of each column; null: nothing. */
export interface Change {
  readonly factor: number;
  /** 1 for the columns of numbers, 0 for those of tokens, which have no scale. */
  readonly isScaled: Uint8Array;
  readonly moments: Moments | null;
}

export interface Moments {
  readonly mean: Float64Array;
  /** Biased; 1 where the feature is constant, so that it is only centred. */
  readonly std: Float64Array;
}

/** 16 MiB of float32 for each thread. */
const MAX_KEPT = 2 ** 22;

export class Rows {
  /** Numbers of a sample. */
  readonly size: number;
  readonly count: number;
  readonly #values: Numbers | OnDemand;
  /** The values, where they are brought when they are read. */
  readonly #stored: OnDemand | null;
  /** What is read of them; all, where they are in memory. */
  #held: Numbers;
  /** The place of each sample in the values. */
  readonly #order: Int32Array;
  /** The place of each column in a sample's values; null: its own. */
  readonly #columns: Int32Array | null;
  readonly #change: Change | null;

  constructor(
    values: Numbers | OnDemand,
    size: number,
    order: Int32Array,
    columns: Int32Array | null = null,
    change: Change | null = null,
  ) {
    this.#values = values;
    this.#stored = 'seek' in values ? values : null;
    this.#held = 'seek' in values ? values.held : values;
    this.size = size;
    this.#order = order;
    this.#columns = columns;
    this.#change = change;
    this.count = order.length;
  }

  slice(from: number, to: number): Rows {
    return new Rows(this.#values, this.size, this.#order.subarray(from, to), this.#columns, this.#change);
  }

  changed(change: Change | null): Rows {
    return new Rows(this.#values, this.size, this.#order, this.#columns, change);
  }

  /** Where the numbers of a sample begin in `#held`. */
  #start(row: number): number {
    const start = (this.#order[row] as number) * this.size;
    if (this.#stored === null) return start;
    const place = this.#stored.seek(start, this.size);
    this.#held = this.#stored.held;
    return place;
  }

  /** The number of one column of one sample, in float64. */
  at(row: number, column: number): number {
    return this.#at(this.#start(row), column);
  }

  /** @param start of the sample, in what is held */
  #at(start: number, column: number): number {
    const place = this.#columns === null ? column : (this.#columns[column] as number);
    const x = this.#held[start + place] as number;
    const change = this.#change;
    if (change === null || change.isScaled[column] !== 1) return x;
    const scaled = change.factor === 1 ? x : x * change.factor;
    const { moments } = change;
    return moments === null
      ? scaled
      : (scaled - (moments.mean[column] as number)) / (moments.std[column] as number);
  }

  /** Columns `from` to `to` (exclusive) of one sample, written to `out` from `at` on. @returns where the next ones go */
  copy(row: number, from: number, to: number, out: Float32Array, at: number): number {
    const start = this.#start(row);
    if (this.#change !== null || this.#columns !== null) {
      for (let column = from; column < to; column++) out[at + column - from] = this.#at(start, column);
      return at + to - from;
    }
    const values = this.#held;
    for (let column = from; column < to; column++) out[at + column - from] = values[start + column] as number;
    return at + to - from;
  }

  /** All of them as the network gets them. */
  toFloat32(): Float32Array {
    const out = new Float32Array(this.count * this.size);
    for (let row = 0; row < this.count; row++) this.copy(row, 0, this.size, out, row * this.size);
    return out;
  }

  /** Few numbers are computed once and kept; many are computed whenever they are read. */
  kept(): Rows {
    if (this.count * this.size > MAX_KEPT) return this;
    const order = Int32Array.from({ length: this.count }, (_, i) => i);
    return new Rows(this.toFloat32(), this.size, order);
  }
}
