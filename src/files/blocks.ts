/**
 * @file Named arrays of numbers in one file: what training reads of an upload without parsing it again. The length of a
 * JSON header (8 bytes, little-endian), the header, then each array at a multiple of 8 bytes.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';

const types = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u8: Uint8Array } as const;
type BlockType = keyof typeof types;
export type Numbers = Float64Array | Float32Array | Int32Array | Uint8Array;

interface Block {
  readonly name: string;
  readonly type: BlockType;
  readonly length: number;
  /** From the beginning of the first array. */
  readonly offset: number;
}

const PREFIX = 8;
const ALIGNMENT = 8;
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
/** One call of the operating system takes no more than 2 GiB. */
const MAX_PIECE = 2 ** 30;

const typeOf = (numbers: Numbers): BlockType =>
  numbers instanceof Float64Array
    ? 'f64'
    : numbers instanceof Float32Array
      ? 'f32'
      : numbers instanceof Int32Array
        ? 'i32'
        : 'u8';

function writeAll(file: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, Math.min(MAX_PIECE, bytes.length - written));
  }
}

export function writeBlocks(path: string, arrays: ReadonlyMap<string, Numbers>): void {
  let offset = 0;
  const blocks: Block[] = [...arrays].map(([name, numbers]) => {
    const block = { name, type: typeOf(numbers), length: numbers.length, offset };
    offset += aligned(numbers.byteLength);
    return block;
  });
  const header = Buffer.from(JSON.stringify(blocks));
  const start = Buffer.alloc(aligned(PREFIX + header.length));
  start.writeBigUInt64LE(BigInt(header.length));
  header.copy(start, PREFIX);
  const file = openSync(path, 'wx', 0o600);
  try {
    writeAll(file, start);
    for (const numbers of arrays.values()) {
      writeAll(file, new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
      writeAll(file, new Uint8Array(aligned(numbers.byteLength) - numbers.byteLength));
    }
  } finally {
    closeSync(file);
  }
}

function readAt(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const count = readSync(file, bytes, done, Math.min(MAX_PIECE, bytes.length - done), position + done);
    if (count === 0) throw new Error('a file of numbers is shorter than its header says');
    done += count;
  }
}

/** One array of the file, or undefined where it has none of this name. */
export function readBlock(path: string, name: string): Numbers | undefined {
  const file = openSync(path, 'r');
  try {
    const prefix = Buffer.alloc(PREFIX);
    readAt(file, prefix, 0);
    const length = Number(prefix.readBigUInt64LE());
    if (length > fstatSync(file).size) throw new Error('a file of numbers has a broken header');
    const header = Buffer.alloc(length);
    readAt(file, header, PREFIX);
    const block = (JSON.parse(header.toString()) as Block[]).find((one) => one.name === name);
    if (block === undefined) return undefined;
    const numbers = new types[block.type](block.length);
    const bytes = new Uint8Array(numbers.buffer, 0, numbers.byteLength);
    readAt(file, bytes, aligned(PREFIX + length) + block.offset);
    return numbers;
  } finally {
    closeSync(file);
  }
}
