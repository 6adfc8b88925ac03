/** @file The first bytes of a file → what it is. Never its name alone. */
import { FileRefused } from './refused.ts';

export type Format = 'npy' | 'zip' | 'parquet' | 'safetensors' | 'hdf5' | 'json' | 'onnx' | 'text';

const starts = (bytes: Uint8Array, text: string): boolean =>
  Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text;

/** Kinds of files that people send and that are not read, by their first bytes. */
const others: readonly [start: string, what: string, fix: string][] = [
  ['\x1f\x8b', 'a gzip file', 'unpack it, or send it with the header content-encoding: gzip'],
  ['\x89PNG', 'a single image', 'send a zip file with one folder per class'],
  ['\xff\xd8\xff', 'a single image', 'send a zip file with one folder per class'],
  ['%PDF', 'a PDF', 'send CSV, Parquet, NPZ or a zip of images'],
  [
    '\x80\x02',
    'a pickle, which can run code when it is loaded',
    'save arrays as NPZ, weights as safetensors',
  ],
  [
    '\x80\x03',
    'a pickle, which can run code when it is loaded',
    'save arrays as NPZ, weights as safetensors',
  ],
  [
    '\x80\x04',
    'a pickle, which can run code when it is loaded',
    'save arrays as NPZ, weights as safetensors',
  ],
  [
    '\x80\x05',
    'a pickle, which can run code when it is loaded',
    'save arrays as NPZ, weights as safetensors',
  ],
  ['\xd0\xcf\x11\xe0', 'an old Excel or Word file', 'save the sheet as CSV'],
  ['BZh', 'a bzip2 file', 'unpack it first'],
  ['\xfd7zXZ', 'an xz file', 'unpack it first'],
  ['Rar!', 'a RAR archive', 'make a zip archive'],
  ['7z\xbc\xaf', 'a 7-Zip archive', 'make a zip archive'],
  ['ustar', 'a tar archive', 'make a zip archive'],
];

function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < 9 || bytes[8] !== 0x7b) return false;
  return Buffer.from(bytes.subarray(0, 8)).readBigUInt64LE() < 2n ** 30n;
}

/** A protobuf message whose first field is ONNX's ir_version: a small number. */
const isOnnx = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x20 && bytes.length > 16;

/** @param bytes the first kilobytes. @throws FileRefused for what is known and not read */
export function formatOf(bytes: Uint8Array): Format {
  if (bytes.length === 0) throw new FileRefused('the file is empty');
  if (starts(bytes, '\x93NUMPY')) return 'npy';
  if (starts(bytes, 'PK\x03\x04') || starts(bytes, 'PK\x05\x06')) return 'zip';
  if (starts(bytes, 'PAR1')) return 'parquet';
  if (starts(bytes, '\x89HDF\r\n')) return 'hdf5';
  if (isSafetensors(bytes)) return 'safetensors';
  const other = others.find(([start]) => starts(bytes, start));
  if (other !== undefined) throw new FileRefused(`this is ${other[1]}`, { fix: other[2] });
  if (isOnnx(bytes)) return 'onnx';
  const text = Buffer.from(bytes.subarray(0, 256))
    .toString('utf8')
    .replace(/^\u{feff}/u, '')
    .trimStart();
  // A list of objects, and not a line that begins with a bracket.
  return text.startsWith('{') || /^\[\s*\{/.test(text) ? 'json' : 'text';
}
