/**
 * @file Named arrays of numbers in one file: what training reads of an upload without parsing it again. The length of a
 * JSON header (8 bytes, little-endian), the header, then each array at a multiple of 8 bytes.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';

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

interface Place {
  readonly block: Block;
  /** From the beginning of the file. */
  readonly start: number;
}

/** Where an array lies, or undefined where the file has none of this name. */
function placeOf(file: number, name: string): Place | undefined {
  const prefix = Buffer.alloc(PREFIX);
  readAt(file, prefix, 0);
  const length = Number(prefix.readBigUInt64LE());
  if (length > fstatSync(file).size) throw new Error('a file of numbers has a broken header');
  const header = Buffer.alloc(length);
  readAt(file, header, PREFIX);
  const block = (JSON.parse(header.toString()) as Block[]).find((one) => one.name === name);
  return block === undefined ? undefined : { block, start: aligned(PREFIX + length) + block.offset };
}

function opened<T>(path: string, use: (file: number) => T): T {
  const file = openSync(path, 'r');
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

/** One array of the file, or undefined where it has none of this name. */
export const readBlock = (path: string, name: string): Numbers | undefined =>
  opened(path, (file) => {
    const place = placeOf(file, name);
    if (place === undefined) return undefined;
    const numbers = new types[place.block.type](place.block.length);
    readAt(file, new Uint8Array(numbers.buffer, 0, numbers.byteLength), place.start);
    return numbers;
  });

/** How many bytes an array has; 0 where the file has none of this name. */
export const blockBytes = (path: string, name: string): number =>
  opened(path, (file) => {
    const block = placeOf(file, name)?.block;
    return block === undefined ? 0 : block.length * types[block.type].BYTES_PER_ELEMENT;
  });

/** An array whose file is left open. @throws Error where the file has none of this name */
export function openBlock(
  path: string,
  name: string,
): {
  readonly file: number;
  readonly length: number;
  /** Of its first number, in bytes. */
  readonly start: number;
  /** Room for so many of its numbers. */
  make(length: number): Numbers;
} {
  const file = openSync(path, 'r');
  try {
    const place = placeOf(file, name);
    if (place === undefined) throw new Error(`no ${name} in a file of numbers`);
    const { type, length } = place.block;
    return { file, length, start: place.start, make: (count) => new types[type](count) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

const views: Readonly<Record<BlockType, (bytes: SharedArrayBuffer) => Numbers>> = {
  f64: (bytes) => new Float64Array(bytes),
  f32: (bytes) => new Float32Array(bytes),
  i32: (bytes) => new Int32Array(bytes),
  u8: (bytes) => new Uint8Array(bytes),
};

/** The array whose bytes these are. */
export const viewOf = (path: string, name: string, bytes: SharedArrayBuffer): Numbers | undefined =>
  opened(path, (file) => {
    const place = placeOf(file, name);
    return place === undefined ? undefined : views[place.block.type](bytes);
  });

/** Bytes that are read at once, while others have their turn. */
const TURN = 2 ** 24;

/** How many bytes an array has, and the way to read them without blocking. @throws Error where there is none of this name */
export async function blockIn(
  path: string,
  name: string,
): Promise<{ readonly bytes: number; read(into: Uint8Array): Promise<void> }> {
  const place = opened(path, (file) => placeOf(file, name));
  if (place === undefined) throw new Error(`no ${name} in a file of numbers`);
  const bytes = place.block.length * types[place.block.type].BYTES_PER_ELEMENT;
  return {
    bytes,
    async read(into) {
      const file = await open(path, 'r');
      try {
        for (let done = 0; done < bytes; ) {
          const { bytesRead } = await file.read(into, done, Math.min(TURN, bytes - done), place.start + done);
          if (bytesRead === 0) throw new Error('a file of numbers is shorter than its header says');
          done += bytesRead;
        }
      } finally {
        await file.close();
      }
    },
  };
}
