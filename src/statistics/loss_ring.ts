/** @file The last losses of a training that runs: written by its thread, read beside it without a message. */

export const LOSS_SLOTS = 4096;
/** Room for the count, so that the losses behind it are aligned. */
const HEAD_BYTES = 8;

/** The last losses of one training. */
export class LossRing {
  readonly buffer: SharedArrayBuffer;
  readonly #count: Int32Array;
  readonly #values: Float64Array;

  constructor(buffer = new SharedArrayBuffer(HEAD_BYTES + 8 * LOSS_SLOTS)) {
    this.buffer = buffer;
    this.#count = new Int32Array(buffer, 0, 1);
    this.#values = new Float64Array(buffer, HEAD_BYTES);
  }

  write(step: number, loss: number): void {
    this.#values[step % LOSS_SLOTS] = loss;
    Atomics.store(this.#count, 0, step + 1);
  }

  get count(): number {
    return Atomics.load(this.#count, 0);
  }

  at(step: number): number {
    return this.#values[step % LOSS_SLOTS] as number;
  }
}
