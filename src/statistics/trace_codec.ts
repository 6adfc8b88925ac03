/** @file A Trace as bytes: exact, NaN, ±Infinity, −0 and typed arrays included. In parts, so that a curve is read without the rest. */
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRaw } from 'node:zlib';
import type { Series, Trace, TracedWeights } from './trace.ts';

/**
 * MARK, the number of parts and their lengths (32 bits each, little endian), the parts. Each is one of v8's serializations, in raw
 * DEFLATE (RFC 1951): the head, the series of each tensor, the weights. What earlier versions have stored is one such serialization
 * of the whole; it never begins with MARK, which stands for a kind of block that DEFLATE does not have.
 */
const MARK = 0xff;
const WORD = 4;

interface Head {
  readonly rest: Omit<Trace, 'series' | 'weights'>;
  /** Of the parts that follow. */
  readonly tensors: readonly (string | null)[];
  /** For each series in its place, which part it is in: the order within a part is theirs. */
  readonly places: Uint32Array;
}

const inflate = promisify(inflateRaw);

function pack(value: unknown): Uint8Array {
  const plain = serialize(value);
  const packed = deflateRawSync(plain, { level: 1 });
  // A part has tens of megabytes, and V8 would see them late.
  if (plain.byteLength === plain.buffer.byteLength) (plain.buffer as ArrayBuffer).transfer(0);
  return packed;
}
const unpack = async (bytes: Uint8Array): Promise<unknown> => deserialize(await inflate(bytes));

/** In the thread that has trained, so that a long record holds up no request. */
export function encodeTrace({ series, weights, ...rest }: Trace): Uint8Array {
  const byTensor = Map.groupBy(series, ({ tensor }) => tensor);
  const tensors = [...byTensor.keys()];
  const places = Uint32Array.from(series, ({ tensor }) => tensors.indexOf(tensor));
  const head: Head = { rest, tensors, places };
  const parts = [head, ...byTensor.values(), weights].map(pack);
  const table = Buffer.alloc(1 + WORD * (1 + parts.length));
  table.writeUInt8(MARK, 0);
  [parts.length, ...parts.map(({ length }) => length)].forEach((word, i) => {
    table.writeUInt32LE(word, 1 + WORD * i);
  });
  return Buffer.concat([table, ...parts]);
}

/** The packed parts; null of what is one piece. */
function partsOf(bytes: Uint8Array): Uint8Array[] | null {
  if (bytes[0] !== MARK) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const word = (i: number) => view.getUint32(1 + WORD * i, true);
  const count = word(0);
  let end = 1 + WORD * (1 + count);
  return Array.from({ length: count }, (_, i) => {
    const start = end;
    end += word(i + 1);
    return bytes.subarray(start, end);
  });
}

const wholeOf = async (bytes: Uint8Array): Promise<Trace> => (await unpack(bytes)) as Trace;

export async function decodeTrace(bytes: Uint8Array): Promise<Trace> {
  const parts = partsOf(bytes);
  if (parts === null) return wholeOf(bytes);
  const { rest, tensors, places } = (await unpack(parts[0] as Uint8Array)) as Head;
  const queues: Iterator<Series>[] = [];
  for (const part of parts.slice(1, 1 + tensors.length))
    queues.push(((await unpack(part)) as Series[]).values());
  const series = Array.from(places, (place) => (queues[place] as Iterator<Series>).next().value as Series);
  return { ...rest, series, weights: (await unpack(parts.at(-1) as Uint8Array)) as TracedWeights | null };
}

/** The trace with the series of one tensor alone (null: of the run as a whole), and without weights. */
export async function decodeTensor(
  bytes: Uint8Array,
  tensor: string | null,
): Promise<Omit<Trace, 'weights'>> {
  const parts = partsOf(bytes);
  if (parts === null) {
    const { series, weights: _weights, ...rest } = await wholeOf(bytes);
    return { ...rest, series: series.filter((one) => one.tensor === tensor) };
  }
  const { rest, tensors } = (await unpack(parts[0] as Uint8Array)) as Head;
  const at = tensors.indexOf(tensor);
  return { ...rest, series: at < 0 ? [] : ((await unpack(parts[1 + at] as Uint8Array)) as Series[]) };
}
