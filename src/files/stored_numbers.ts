/**
 * @file A large array that stays in its file: its numbers are read when somebody asks for them, so that it costs the process no
 * memory. What the operating system has of the file in its own memory comes from there.
 */
import { closeSync, readSync } from 'node:fs';
import { type Numbers, openBlock } from './blocks.ts';

/** Who reads on where he stopped gets so many bytes at once. */
const AHEAD = 2 ** 18;

/** A file is closed when nobody holds its numbers any more. */
const closing = new FinalizationRegistry<number>((file) => closeSync(file));

/** Numbers that are brought when somebody asks for them. */
export interface OnDemand {
  readonly length: number;
  /** What the last `seek` has brought. */
  readonly held: Numbers;
  /** Brings numbers `from` to `from + count`. @returns where they begin in `held` */
  seek(from: number, count: number): number;
}

export class StoredNumbers implements OnDemand {
  readonly length: number;
  readonly #file: number;
  readonly #start: number;
  readonly #bytesEach: number;
  readonly #make: (length: number) => Numbers;
  /** Numbers `#from` to `#to` of the array. */
  #held: Numbers;
  #from = 0;
  #to = 0;

  /** @throws Error where the file has no array of this name */
  constructor(path: string, name: string) {
    const { file, length, start, make } = openBlock(path, name);
    closing.register(this, file);
    this.length = length;
    this.#file = file;
    this.#start = start;
    this.#make = make;
    this.#held = make(0);
    this.#bytesEach = this.#held.BYTES_PER_ELEMENT;
  }

  /** What the last `seek` has read. */
  get held(): Numbers {
    return this.#held;
  }

  /** Reads numbers `from` to `from + count`, if they are not held. @returns where they begin in `held` */
  seek(from: number, count: number): number {
    if (from >= this.#from && from + count <= this.#to) return from - this.#from;
    const isNext = from === this.#to;
    const wanted = isNext ? Math.max(count, AHEAD / this.#bytesEach) : count;
    const size = Math.min(wanted, this.length - from);
    if (this.#held.length < size) this.#held = this.#make(size);
    const bytes = new Uint8Array(this.#held.buffer, 0, size * this.#bytesEach);
    for (let done = 0; done < bytes.length; ) {
      const position = this.#start + from * this.#bytesEach + done;
      const read = readSync(this.#file, bytes, done, bytes.length - done, position);
      if (read === 0) throw new Error('a file of numbers is shorter than its header says');
      done += read;
    }
    this.#from = from;
    this.#to = from + size;
    return 0;
  }
}
