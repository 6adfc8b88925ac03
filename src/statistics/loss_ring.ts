/** @file The last losses of a training that runs: written by its thread, read beside it without a message. */

export const LOSS_SLOTS = 4096;
/** How many steps were made, and how many are planned. */
const HEAD_BYTES = 8;

/** The last losses of one training. */
export class LossRing {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: Int32Array;
  readonly #values: Float64Array;

  constructor(buffer = new SharedArrayBuffer(HEAD_BYTES + 8 * LOSS_SLOTS)) {
    this.buffer = buffer;
    this.#counts = new Int32Array(buffer, 0, 2);
    this.#values = new Float64Array(buffer, HEAD_BYTES);
  }

  write(step: number, loss: number): void {
    this.#values[step % LOSS_SLOTS] = loss;
    Atomics.store(this.#counts, 0, step + 1);
  }

  get count(): number {
    return Atomics.load(this.#counts, 0);
  }

  plan(steps: number): void {
    Atomics.store(this.#counts, 1, steps);
  }

  /** How many steps the training has in all; null before its thread has said so. */
  get planned(): number | null {
    return Atomics.load(this.#counts, 1) || null;
  }

  at(step: number): number {
    return this.#values[step % LOSS_SLOTS] as number;
  }
}
