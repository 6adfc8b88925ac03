/** @file Texts as bytes, between threads. */

export const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();

export const jsonOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
