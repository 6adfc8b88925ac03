/** @file Parquet files of several writers, of odd shapes, and broken ones: read, or refused in words; nothing else ever comes out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import { CONTENT } from '../../../src/files/directory.ts';
import { readParquet } from '../../../src/files/parquet.ts';
import { FileRefused } from '../../../src/files/refused.ts';
import { createFileReaders, type FileReaders } from '../../../src/jobs/file_readers.ts';
import { createRandom } from '../../../src/util/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-parquet-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Of apache/parquet-testing (Apache License 2.0): written by Spark, Impala, parquet-mr and Arrow. */
const published = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../files/fixtures/parquet/${name}.parquet`, import.meta.url)));

async function read(bytes: Uint8Array) {
  const path = join(folder, 'x.parquet');
  writeFileSync(path, bytes);
  return readParquet(path, {});
}

const refusal = async (bytes: Uint8Array): Promise<string> => {
  try {
    await read(bytes);
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(FileRefused);
    return (error as FileRefused).message;
  }
};

type Data = readonly { readonly name: string; readonly data: unknown[]; readonly type: string }[];
const written = (columnData: Data, rowGroupSize?: number): Uint8Array =>
  new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize } as never));

test('times of Spark (INT96), decimals, LZ4 and missing values are read', async () => {
  const times = await read(published('int96_from_spark'));
  expect(times.columns[0]?.description).toMatchObject({ name: 'a', type: 'text', missing: 1 });
  const decimals = await read(published('int32_decimal'));
  expect(decimals.columns[0]?.description).toMatchObject({ type: 'number', min: 1, max: 24 });
  const packed = await read(published('lz4_raw_compressed'));
  expect(packed.columns.map(({ description: { name, type } }) => [name, type])).toEqual([
    ['c0', 'number'],
    ['c1', 'text'],
    ['v11', 'number'],
  ]);
  const holed = await read(published('sort_columns'));
  expect(holed.columns[0]?.description).toMatchObject({ missing: 2 });
});

test('what is nested, encrypted or named twice is refused by name', async () => {
  expect(await refusal(published('nested_lists.snappy'))).toBe('the column "a" is nested');
  const secret = written([{ name: 'a', data: [1, 2], type: 'INT32' }]);
  secret.set(Buffer.from('PARE'), secret.length - 4);
  expect(await refusal(secret)).toBe('the Parquet file is encrypted');
  const twice = written([
    { name: 'same', data: [1, 2], type: 'INT32' },
    { name: 'same', data: [3, 4], type: 'INT32' },
  ]);
  expect(await refusal(twice)).toBe('two columns are called "same"');
});

test('hundreds of row groups of one row are read, and one group of more rows than are decoded at a time', async () => {
  const rows = 600;
  const many = written(
    [
      { name: 'a', data: Array.from({ length: rows }, (_, i) => i), type: 'INT32' },
      { name: 'b', data: Array.from({ length: rows }, (_, i) => `t${i % 5}`), type: 'STRING' },
    ],
    1,
  );
  const { columns } = await read(many);
  expect(columns[0]?.description).toMatchObject({ distinct: rows, min: 0, max: rows - 1 });
  const large = 45_001;
  const one = written(
    [{ name: 'a', data: Array.from({ length: large }, (_, i) => i), type: 'INT32' }],
    large,
  );
  const whole = await read(one);
  expect([whole.rows, whole.columns[0]?.description]).toMatchObject([
    large,
    { min: 0, max: large - 1, mean: 22_500 },
  ]);
});

/** Reads as an upload is read: in a thread. */
async function uploaded(readers: FileReaders, bytes: Uint8Array): Promise<string> {
  const own = mkdtempSync(join(folder, 'upload-'));
  writeFileSync(join(own, CONTENT), bytes);
  try {
    await readers.read(own, {});
    return 'read';
  } catch (error) {
    expect(error).toBeInstanceOf(FileRefused);
    return (error as FileRefused).message;
  }
}

test('a file that its reader would never be done with is refused, and the thread is free for the next', async () => {
  const readers = createFileReaders({ cpu: 1500, clock: 120_000 });
  try {
    expect(await uploaded(readers, published('endless'))).toBe(
      'reading the file takes more than 1.5 s: it may be damaged',
    );
    expect(await uploaded(readers, published('int32_decimal'))).toBe('read');
  } finally {
    await readers.close();
  }
});

test('a file that is cut off or damaged is read or refused, and nothing else', async () => {
  const readers = createFileReaders({ cpu: 1500, clock: 120_000 });
  const random = createRandom(9, 'parquet');
  const wholes = [
    ...['sort_columns', 'int96_from_spark', 'lz4_raw_compressed'].map(published),
    written([
      { name: 'a', data: [1, 2, 3, 4], type: 'INT32' },
      { name: 'b', data: ['x', 'y', 'x', 'y'], type: 'STRING' },
    ]),
  ];
  const messages = new Set<string>();
  for (const whole of wholes) {
    for (let i = 0; i < 18; i++) {
      const bytes = whole.slice(0, i % 3 === 0 ? random.integer(whole.length) : whole.length);
      // Half of the changes are in the end of the file, which says what the rest is.
      const from = i % 3 === 1 ? Math.max(0, bytes.length - 300) : 0;
      if (i % 3 > 0) bytes[from + random.integer(bytes.length - from)] = random.integer(256);
      messages.add(await uploaded(readers, bytes));
    }
  }
  await readers.close();
  expect(messages.size).toBeGreaterThan(2);
  for (const message of messages)
    expect(message).not.toMatch(/undefined|typed array|of null|is not a function/);
});
