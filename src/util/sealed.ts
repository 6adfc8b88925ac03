/**
 * @file Many numbers as one value: read once, hashed once, then held by reference. Whoever compares, hashes, copies or freezes
 * an experiment meets the hash, never the numbers; threads share them.
 */
import { createHash } from 'node:crypto';

export class Sealed {
  /** The shape of the whole; the first axis counts elements. */
  readonly shape: readonly number[];
  /** Row-major; in shared memory, so that a thread gets them without a copy. */
  readonly numbers: Float64Array;
  /** SHA-256 of the numbers as float64, little-endian. */
  readonly sha256: string;

  constructor(shape: readonly number[], numbers: Float64Array) {
    this.shape = Object.freeze([...shape]);
    this.numbers = numbers;
    this.sha256 = createHash('sha256')
      .update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
      .digest('hex');
    Object.freeze(this);
  }

  /** The nested lists that it was made of. */
  toJSON(): unknown {
    return nested(this.numbers, this.shape, 0, 0);
  }
}

function nested(numbers: Float64Array, shape: readonly number[], axis: number, start: number): unknown {
  const size = shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const count = shape[axis] as number;
  if (axis === shape.length - 1) return Array.from(numbers.subarray(start, start + count));
  return Array.from({ length: count }, (_, i) => nested(numbers, shape, axis + 1, start + i * size));
}

/** Also for what came from another thread, where it has lost its class. */
export const isSealed = (value: unknown): value is Sealed =>
  value instanceof Sealed ||
  (typeof value === 'object' &&
    value !== null &&
    (value as Partial<Sealed>).numbers instanceof Float64Array &&
    typeof (value as Partial<Sealed>).sha256 === 'string');

/** Room for numbers that threads share. */
export const sharedNumbers = (length: number): Float64Array =>
  new Float64Array(new SharedArrayBuffer(length * Float64Array.BYTES_PER_ELEMENT));
