/** @file NPY, NPZ and safetensors → named arrays. Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
import { unzipSync } from 'fflate';
import type { Numbers } from './blocks.ts';
import { FileRefused, MAX_UNPACKED_BYTES, refuseBeyond } from './refused.ts';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** As the file has it. */
  readonly dtype: string;
  /** Row-major. float32 where that holds every value of the dtype, else float64. */
  readonly numbers: Numbers;
}

const MAGIC = '\x93NUMPY';
const MAX_ARRAYS = 1000;

type Reader = (view: DataView, at: number, little: boolean) => number;

interface Kind {
  readonly bytes: number;
  readonly wide: boolean;
  readonly read: Reader;
}

/** By NumPy's letter and number of bytes. `wide`: float32 does not hold every value. */
const kinds: Readonly<Record<string, Kind>> = {
  b1: { bytes: 1, wide: false, read: (view, at) => view.getUint8(at) },
  u1: { bytes: 1, wide: false, read: (view, at) => view.getUint8(at) },
  i1: { bytes: 1, wide: false, read: (view, at) => view.getInt8(at) },
  u2: { bytes: 2, wide: false, read: (view, at, little) => view.getUint16(at, little) },
  i2: { bytes: 2, wide: false, read: (view, at, little) => view.getInt16(at, little) },
  u4: { bytes: 4, wide: true, read: (view, at, little) => view.getUint32(at, little) },
  i4: { bytes: 4, wide: true, read: (view, at, little) => view.getInt32(at, little) },
  u8: { bytes: 8, wide: true, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  i8: { bytes: 8, wide: true, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  f2: { bytes: 2, wide: false, read: (view, at, little) => view.getFloat16(at, little) },
  f4: { bytes: 4, wide: false, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { bytes: 8, wide: true, read: (view, at, little) => view.getFloat64(at, little) },
};

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

const decode = (
  bytes: Uint8Array,
  kind: Kind,
  little: boolean,
  count: number,
): Float64Array | Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = kind.wide ? new Float64Array(count) : new Float32Array(count);
  for (let i = 0; i < count; i++) numbers[i] = kind.read(view, i * kind.bytes, little);
  return numbers;
};

/** Column-major → row-major: the element at index (i, j, …) stands at i + j·n₀ + …. */
function toRowMajor<T extends Float64Array | Float32Array>(numbers: T, shape: readonly number[]): T {
  const out = numbers.slice() as T;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  for (let i = 0; i < out.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++)
      from += (index[axis] as number) * (strides[axis] as number);
    out[i] = numbers[from] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return out;
}

function headerOf(bytes: Uint8Array, name: string): { text: string; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (bytes.length < 12 || magic !== MAGIC)
    throw new FileRefused(`${name} is no NPY file: it does not begin with \\x93NUMPY`);
  const isLong = bytes[6] !== 1;
  const length = isLong ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (isLong ? 12 : 10) + length;
  if (start > bytes.length) throw new FileRefused(`${name} ends within its header`);
  return { text: Buffer.from(bytes.subarray(start - length, start)).toString('latin1'), start };
}

/** What NumPy's letters stand for, of types that are no numbers. */
const others: Readonly<Record<string, string>> = {
  O: 'Python objects',
  U: 'texts',
  S: 'texts',
  M: 'dates',
  m: 'durations',
  c: 'complex numbers',
};

/** An array that is whole, but of no type that can be trained on. */
class NoNumbers extends FileRefused {}

/** The header is a Python dictionary: { 'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }. */
function parseHeader(text: string, name: string) {
  const descr = /'descr'\s*:\s*'([<>|=]?)([a-zA-Z])(\d*)(?:\[[^\]]*\])?'/.exec(text);
  const fortran = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d,\sL]*)\)/.exec(text);
  if (fortran === null || shape === null) throw new FileRefused(`${name} has a header that is not NumPy's`);
  const letter = descr?.[2] ?? 'O';
  const kind = kinds[`${letter}${descr?.[3] ?? ''}`];
  if (descr === null || kind === undefined) {
    const what = descr === null ? 'records' : (others[letter] ?? `the type ${letter}${descr[3]}`);
    throw new NoNumbers(`${name} holds ${what}, which are not read`, {
      fix:
        letter === 'U' || letter === 'S'
          ? 'of classes save the indices: names, indices = numpy.unique(array, return_inverse=True)'
          : 'save plain numbers, for example array.astype("float32"); objects (pickles) are never loaded',
    });
  }
  return {
    kind,
    dtype: `${letter}${descr[3]}`,
    little: descr[1] !== '>',
    isFortran: fortran[1] === 'True',
    shape: (shape[1] ?? '')
      .split(',')
      .map((part) => part.replace('L', '').trim())
      .filter((part) => part !== '')
      .map(Number),
  };
}

/** @throws FileRefused */
export function readNpy(bytes: Uint8Array, name: string): NamedArray {
  const { text, start } = headerOf(bytes, name);
  const { kind, dtype, little, isFortran, shape } = parseHeader(text, name);
  const count = sizeOf(shape);
  const wanted = count * kind.bytes;
  refuseBeyond(wanted, MAX_UNPACKED_BYTES, `${name} takes`);
  if (bytes.length - start < wanted)
    throw new FileRefused(
      `${name} has ${bytes.length - start} bytes of numbers, its shape [${shape.join(', ')}] needs ${wanted}`,
      {
        fix: 'the file is cut off: send it again',
      },
    );
  const numbers = decode(bytes.subarray(start), kind, little, count);
  return {
    name,
    shape,
    dtype,
    numbers: isFortran && shape.length > 1 ? toRowMajor(numbers, shape) : numbers,
  };
}

/** Entries of a zip archive, within what it may unpack to. @throws FileRefused */
export function unzip(bytes: Uint8Array, accepts: (name: string) => boolean): Map<string, Uint8Array> {
  let unpacked = 0;
  try {
    const entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!accepts(name)) return false;
        unpacked += originalSize;
        refuseBeyond(unpacked, MAX_UNPACKED_BYTES, 'the archive unpacks to');
        return true;
      },
    });
    return new Map(Object.entries(entries));
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    throw new FileRefused(
      `the zip archive cannot be read: ${error instanceof Error ? error.message : 'broken'}`,
      {
        fix: 'make it again; check that the upload was complete',
      },
    );
  }
}

/**
 * The arrays of numbers. Others, such as names of the classes, are left out, and told.
 * @throws FileRefused also where there are no others
 */
export function readNpz(bytes: Uint8Array): { arrays: NamedArray[]; notes: string[] } {
  const entries = [...unzip(bytes, (name) => name.endsWith('.npy'))];
  if (entries.length > MAX_ARRAYS)
    throw new FileRefused(`the archive has ${entries.length} arrays, more than ${MAX_ARRAYS}`, {
      code: 'too_large',
    });
  const arrays: NamedArray[] = [];
  const left: NoNumbers[] = [];
  for (const [name, content] of entries) {
    try {
      arrays.push(readNpy(content, name.replace(/\.npy$/, '')));
    } catch (error) {
      if (!(error instanceof NoNumbers)) throw error;
      left.push(error);
    }
  }
  if (arrays.length === 0 && left[0] !== undefined) throw left[0];
  return { arrays, notes: left.map(({ message, fix }) => `${message}: left out (${fix})`) };
}

const safetensorsKinds: Readonly<Record<string, string>> = {
  BOOL: 'b1',
  U8: 'u1',
  I8: 'i1',
  U16: 'u2',
  I16: 'i2',
  U32: 'u4',
  I32: 'i4',
  U64: 'u8',
  I64: 'i8',
  F16: 'f2',
  F32: 'f4',
  F64: 'f8',
};

/** What a header of safetensors says of one tensor. */
interface Entry {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);

function entryOf(name: string, { dtype, shape, data_offsets: range }: Entry, room: number) {
  const code = safetensorsKinds[String(dtype)];
  const kind = code === undefined ? undefined : kinds[code];
  if (kind === undefined)
    throw new FileRefused(`"${name}" is ${String(dtype)}, which is not read`, {
      fix: 'convert it to float32',
    });
  const [start = -1, end = -1] = isCounts(range) ? range : [];
  if (!isCounts(shape) || start < 0 || end > room || end - start !== sizeOf(shape) * kind.bytes)
    throw new FileRefused(`the bytes of "${name}" do not match its shape`);
  return { name, shape, kind, dtype: String(dtype), start, end };
}

/** @throws FileRefused */
export function readSafetensorsArrays(bytes: Uint8Array): NamedArray[] {
  const length =
    bytes.length < 8
      ? Number.POSITIVE_INFINITY
      : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.length - 8)
    throw new FileRefused('the header is longer than the file: this is not safetensors, or it is cut off');
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(Buffer.from(bytes.subarray(8, 8 + length)).toString('utf8'));
  } catch {
    throw new FileRefused('the header is not JSON: this is not safetensors');
  }
  const room = bytes.length - 8 - length;
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => entryOf(name, entry, room));
  if (entries.length > MAX_ARRAYS)
    throw new FileRefused(`the file has ${entries.length} arrays, more than ${MAX_ARRAYS}`, {
      code: 'too_large',
    });
  const ordered = entries.toSorted((a, b) => a.start - b.start);
  const overlapping = ordered.find((entry, i) => i > 0 && entry.start < (ordered[i - 1]?.end ?? 0));
  if (overlapping !== undefined)
    throw new FileRefused(`the bytes of "${overlapping.name}" belong to another tensor too`);
  return entries.map(({ name, shape, kind, dtype, start, end }) => ({
    name,
    shape,
    dtype,
    numbers: decode(bytes.subarray(8 + length + start, 8 + length + end), kind, true, sizeOf(shape)),
  }));
}
