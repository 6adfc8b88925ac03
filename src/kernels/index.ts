/**
 * @file The folder's door: loops over float32 arrays in WebAssembly with vector instructions, and the memory that they
 * share with everything else of a training. ONNX Runtime reads and writes the same memory through views.
 */
import { readFileSync } from 'node:fs';
import { assert } from '../util/assert.ts';

/**
 * Arrays begin at multiples of this and are followed by zeros up to it: vectors of four numbers need no remainder. It is
 * that of ONNX Runtime's own memory, so that a tensor lies as well here as there, and its loops run alike.
 */
const ALIGNMENT = 64;
const PAGE = 65_536;

/** Arguments are addresses in bytes, numbers of elements, and numbers; see assembly/. */
interface Exports {
  heapBase(): number;
  sumOfSquares(x: number, n: number): number;
  moments(x: number, n: number, out: number): void;
  /** Moments of x − y, or of x where `y` is 0. */
  squaredDeviations(x: number, y: number, n: number, mean: number): number;
  scale(x: number, n: number, factor: number): void;
  measure(x: number, y: number, n: number, step: number, levels: number, count: number, out: number): void;
  countSaturated(x: number, n: number, low: number, high: number): number;
  markAlive(x: number, end: number, units: number, stride: number, alive: number): void;
  sgd(n: number, w: number, g: number, v: number, lr: number, momentum: number, nesterov: number): void;
  adam(
    n: number,
    w: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    epsilon: number,
    decay: number,
  ): void;
  nadam(
    n: number,
    w: number,
    g: number,
    m: number,
    v: number,
    lr: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    epsilon: number,
    meanFactor: number,
    gradientFactor: number,
    squareFactor: number,
  ): void;
  rmsprop(
    n: number,
    w: number,
    g: number,
    s: number,
    a: number,
    u: number,
    lr: number,
    rho: number,
    rest: number,
    momentum: number,
    epsilon: number,
    centered: number,
  ): void;
  adagrad(n: number, w: number, g: number, s: number, lr: number, epsilon: number): void;
  lion(
    n: number,
    w: number,
    g: number,
    m: number,
    lr: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
  ): void;
}

export type Kernels = Readonly<Omit<Exports, 'heapBase'>>;

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  return compiled;
}

type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array;

interface ArrayType<A extends NumberArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, offset: number, length: number): A;
}

/** Memory of one training, of a size that never changes: views of it stay valid. */
export class Arena {
  readonly kernels: Kernels;
  readonly #buffer: ArrayBuffer;
  #next: number;

  /** @param bytes for all arrays together; see `bytesOf` */
  constructor(bytes: number) {
    // The kernels' own tables take less than half a megabyte.
    const pages = Math.ceil((bytes + (1 << 19)) / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages });
    const { exports } = new WebAssembly.Instance(compile(), {
      env: {
        memory,
        abort: () => {
          throw new Error('a kernel was aborted');
        },
      },
    });
    const { heapBase, ...kernels } = exports as unknown as Exports;
    this.kernels = kernels;
    this.#buffer = memory.buffer;
    this.#next = heapBase();
  }

  #take<A extends NumberArray>(type: ArrayType<A>, length: number): A {
    const start = Math.ceil(this.#next / ALIGNMENT) * ALIGNMENT;
    const end = start + Math.ceil((length * type.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
    assert(end <= this.#buffer.byteLength, `an arena of ${this.#buffer.byteLength} bytes is full`);
    this.#next = end;
    return new type(this.#buffer, start, length);
  }

  /** Zeros. */
  floats(length: number): Float32Array {
    return this.#take(Float32Array, length);
  }

  doubles(length: number): Float64Array {
    return this.#take(Float64Array, length);
  }

  integers(length: number): Int32Array {
    return this.#take(Int32Array, length);
  }

  /** The address of an array of this arena. */
  addressOf(array: NumberArray): number {
    assert(array.buffer === this.#buffer, 'the array is not of this arena');
    return array.byteOffset;
  }

  /** Bytes that an array of so many float32 takes, its padding included. */
  static bytesOf(length: number): number {
    return Math.ceil((length * Float32Array.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  }
}
