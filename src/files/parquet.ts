/** @file Parquet → columns. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { FileMetaData } from 'hyparquet';
import { type Column, TableBuilder } from './columns.ts';
import type { ReadingOptions } from './description.ts';
import { cellOf } from './json_lines.ts';
import { FileRefused, MAX_UNPACKED_BYTES, refuseBeyond } from './refused.ts';

/** Rows that are decoded at a time. */
const CHUNK = 20_000;

const broken = (why: string): FileRefused =>
  new FileRefused(`the Parquet file cannot be read: ${why}`, {
    fix: 'write it again; check that the upload was complete',
  });

/** The file, as the library reads it: by one descriptor, whatever number of pieces is asked for at once. */
class Bytes {
  readonly byteLength: number;
  readonly #file: number;
  /** The columns of large row groups are read once, however many rows of them are decoded at a time. */
  readonly #kept = new Map<string, ArrayBuffer>();

  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.byteLength = fstatSync(this.#file).size;
  }

  slice(start: number, end = this.byteLength): ArrayBuffer {
    const key = `${start} ${end}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (!(start >= 0 && end >= start && end <= this.byteLength)) throw broken('it is cut off');
    const buffer = new ArrayBuffer(end - start);
    for (let done = 0; done < buffer.byteLength; ) {
      const count = readSync(this.#file, new Uint8Array(buffer, done), { position: start + done });
      if (count === 0) throw broken('it is cut off');
      done += count;
    }
    this.#kept.set(key, buffer);
    return buffer;
  }

  forget(): void {
    this.#kept.clear();
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** The names of the columns. @throws FileRefused where they are nested, share a name, or are not what the file's parts hold */
function namesOf({ schema, row_groups: groups }: FileMetaData): string[] {
  const nested = schema.slice(1).find(({ num_children }) => num_children !== undefined);
  if (nested !== undefined)
    throw new FileRefused(`the column ${JSON.stringify(nested.name)} is nested`, {
      fix: 'write one number or text a cell',
    });
  const names = schema.slice(1).map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined)
    throw new FileRefused(`two columns are called ${JSON.stringify(twice.slice(0, 100))}`, {
      fix: 'give every column a name of its own',
    });
  const isWhole = groups.every(
    ({ columns, num_rows: rows }) =>
      columns.length === names.length &&
      columns.every(
        ({ meta_data: meta }, i) => meta?.path_in_schema.join() === names[i] && meta?.num_values === rows,
      ),
  );
  if (!isWhole) throw broken('its parts do not have the columns that its end names');
  return names;
}

/** Ranges of rows that are decoded together: neighbouring small row groups, parts of large ones. */
function* ranges({
  row_groups: groups,
}: FileMetaData): Generator<{ from: number; to: number; isLast: boolean }> {
  let [from, to] = [0, 0];
  for (const { num_rows } of groups) {
    const rows = Number(num_rows);
    if (to > from && to - from + rows > CHUNK) {
      yield { from, to, isLast: true };
      from = to;
    }
    to += rows;
    for (; to - from > CHUNK; from += CHUNK) yield { from, to: from + CHUNK, isLast: false };
  }
  if (to > from) yield { from, to, isLast: true };
}

/** Only what the library cannot read by design is news to whoever sent the file. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : '';
  return /unsupported|footer/.test(text) && !text.includes('undefined')
    ? text.slice(0, 200)
    : 'it is damaged';
}

/** @throws FileRefused */
export async function readParquet(
  path: string,
  { missing }: ReadingOptions,
): Promise<{ columns: Column[]; rows: number }> {
  // Loaded with the first Parquet file: few threads read one.
  const [{ parquetMetadataAsync, parquetReadObjects }, { compressors }] = await Promise.all([
    import('hyparquet'),
    import('hyparquet-compressors'),
  ]);
  const file = new Bytes(path);
  try {
    if (Buffer.from(file.slice(Math.max(0, file.byteLength - 4))).toString('latin1') === 'PARE')
      throw new FileRefused('the Parquet file is encrypted', { fix: 'write it without encryption' });
    const metadata = await parquetMetadataAsync(file);
    const chunks = metadata.row_groups.flatMap(({ columns }) => columns);
    if (chunks.some(({ crypto_metadata: secret }) => secret !== undefined))
      throw new FileRefused('the Parquet file has encrypted columns', { fix: 'write it without encryption' });
    const unpacked = chunks.reduce(
      (sum, { meta_data: meta }) => sum + Number(meta?.total_uncompressed_size ?? 0),
      0,
    );
    refuseBeyond(unpacked, MAX_UNPACKED_BYTES, `${file.byteLength} bytes of Parquet unpack to`);
    const names = namesOf(metadata);
    const table = new TableBuilder(names, { missing });
    for (const { from, to, isLast } of ranges(metadata)) {
      const objects = await parquetReadObjects({ file, metadata, compressors, rowStart: from, rowEnd: to });
      objects.forEach((object, i) => {
        const row = from + i + 1;
        const cells = names.map((name) => {
          // What is missing is null; where a column ends before its time, there is nothing.
          if (object[name] === undefined)
            throw broken(`it says that it has ${metadata.num_rows} rows, but ends before`);
          return cellOf(object[name], name, `row ${row}`);
        });
        table.row(cells, row);
      });
      if (isLast) file.forget();
    }
    return { columns: table.finish(), rows: table.rows };
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    throw broken(reasonOf(error));
  } finally {
    file.close();
  }
}
