/**
 * @file Named float32 tensors as bytes, in the safetensors format: the length of a JSON header (8 bytes, little-endian),
 * the header, the numbers. Format: https://github.com/huggingface/safetensors#format
 */
import { z } from 'zod';
import { shortName } from './json.ts';
import { fail, ok, type Result } from './result.ts';

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A name of a safetensors file that is no tensor. */
const METADATA = '__metadata__';
const PREFIX = 8;
/** The header is padded to this, so that numbers are aligned. */
const ALIGNMENT = 8;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});
const headerSchema = z.record(z.string(), z.unknown());

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** @param metadata what readers are told beside the tensors; the format takes nothing but text */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, NamedTensor>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  let end = 0;
  const entries = [...tensors].map(([name, { shape, data }]) => {
    const start = end;
    end += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [start, end] }] as const;
  });
  const text = JSON.stringify({
    ...(metadata !== undefined && { [METADATA]: metadata }),
    ...Object.fromEntries(entries),
  });
  const padding = (ALIGNMENT - (Buffer.byteLength(text) % ALIGNMENT)) % ALIGNMENT;
  const header = Buffer.from(text + ' '.repeat(padding));
  const bytes = Buffer.alloc(PREFIX + header.length + end);
  bytes.writeBigUInt64LE(BigInt(header.length));
  header.copy(bytes, PREFIX);
  let offset = PREFIX + header.length;
  for (const { data } of tensors.values()) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

function readEntry(name: string, value: unknown, bytes: number): Result<Entry, string> {
  const entry = entrySchema.safeParse(value);
  if (!entry.success) return fail(`the entry of "${shortName(name)}" has no dtype, shape or data_offsets`);
  const { dtype, shape, data_offsets: range } = entry.data;
  if (dtype !== 'F32')
    return fail(
      `"${shortName(name)}" is ${shortName(dtype)}; only F32 is taken: convert it to float32 first`,
    );
  const [start, end] = range;
  if (end > bytes || end - start !== 4 * sizeOf(shape))
    return fail(`the bytes of "${shortName(name)}" do not match its shape [${shape.join(', ')}]`);
  return ok({ name, shape, start, end });
}

/** The same bytes under two names: what is a megabyte would become any number of them. */
function overlap(entries: readonly Entry[]): string | null {
  const filled = entries.filter(({ start, end }) => end > start).toSorted((a, b) => a.start - b.start);
  for (const [i, { name, end }] of filled.entries()) {
    const next = filled[i + 1];
    if (next !== undefined && next.start < end)
      return `the bytes of "${shortName(name)}" and "${shortName(next.name)}" overlap`;
  }
  return null;
}

interface Contents {
  readonly entries: readonly Entry[];
  /** What the entries' `start` and `end` count in. */
  readonly body: Uint8Array;
}

/** Names, shapes and places of the tensors. Nothing is copied. What is wrong with the bytes comes back as text. */
export function readSafetensors(bytes: Uint8Array): Result<Contents, string> {
  if (bytes.length < PREFIX) return fail('shorter than a safetensors header');
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - PREFIX)
    return fail('the header is longer than the data: this is not safetensors');
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.subarray(PREFIX, PREFIX + length)).toString('utf8'));
  } catch {
    return fail('the header is not JSON: this is not safetensors');
  }
  const parsed = headerSchema.safeParse(header);
  if (!parsed.success) return fail('the header is not an object');
  const body = bytes.subarray(PREFIX + length);
  const entries: Entry[] = [];
  // Reads what was parsed, because zod leaves `__proto__` out in silence.
  for (const [name, value] of Object.entries(header as object)) {
    if (name === METADATA) continue;
    const entry = readEntry(name, value, body.length);
    if (!entry.ok) return entry;
    entries.push(entry.value);
  }
  const shared = overlap(entries);
  return shared === null ? ok({ entries, body }) : fail(shared);
}

/** The tensors by name. What is wrong with the bytes comes back as text. */
export function decodeSafetensors(bytes: Uint8Array): Result<Map<string, NamedTensor>, string> {
  const read = readSafetensors(bytes);
  if (!read.ok) return read;
  const { entries, body } = read.value;
  // A copy, because the bytes may begin at any address. Not `slice`: that of a Buffer is a view.
  const copy = ({ start, end }: Entry) => new Float32Array(new Uint8Array(body.subarray(start, end)).buffer);
  return ok(new Map(entries.map((entry) => [entry.name, { shape: entry.shape, data: copy(entry) }])));
}
