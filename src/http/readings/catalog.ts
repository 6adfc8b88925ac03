/** @file The whole catalogue as JSON, and packed in each encoding: half a second of work that every later request shares. */
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { catalog } from '../catalog.ts';

/** In the order in which they are preferred. The highest quality of Brotli would take a second. */
const packers = {
  br: (text: Buffer) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: (text: Buffer) => gzipSync(text),
  zstd: (text: Buffer) => zstdCompressSync(text),
  deflate: (text: Buffer) => deflateSync(text),
};

export type Encoding = keyof typeof packers;
export const encodings = Object.keys(packers) as readonly Encoding[];

/** An answer as it is sent, in each encoding. */
export interface Packed {
  readonly text: Uint8Array;
  readonly packed: Readonly<Record<Encoding, Uint8Array>>;
}

export interface PackedCatalog {
  readonly whole: Packed;
  readonly kinds: Readonly<Record<string, Packed>>;
}

function pack(value: unknown): Packed {
  const text = Buffer.from(JSON.stringify(value));
  const { br, gzip, zstd, deflate } = packers;
  return { text, packed: { br: br(text), gzip: gzip(text), zstd: zstd(text), deflate: deflate(text) } };
}

export function packedCatalog(): PackedCatalog {
  const made = Object.entries(catalog).map(([kind, make]) => [kind, make()] as const);
  return {
    whole: pack(Object.fromEntries(made)),
    kinds: Object.fromEntries(made.map(([kind, data]) => [kind, pack({ data })])),
  };
}
