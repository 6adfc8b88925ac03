/** @file Parquet → columns. */
import { statSync } from 'node:fs';
import { type Column, TableBuilder } from './columns.ts';
import type { ReadingOptions } from './description.ts';
import { cellOf } from './json_lines.ts';
import { FileRefused, MAX_UNPACKED_BYTES, refuseBeyond } from './refused.ts';

/** Rows that are decoded at a time. */
const CHUNK = 20_000;

/** @throws FileRefused */
export async function readParquet(
  path: string,
  { missing }: ReadingOptions,
): Promise<{ columns: Column[]; rows: number }> {
  // Loaded with the first Parquet file: few threads read one.
  const [{ asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects }, { compressors }] =
    await Promise.all([import('hyparquet'), import('hyparquet-compressors')]);
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    const groups = metadata.row_groups.flatMap(({ columns }) => columns);
    const unpacked = groups.reduce(
      (sum, { meta_data: meta }) => sum + Number(meta?.total_uncompressed_size ?? 0),
      0,
    );
    refuseBeyond(unpacked, MAX_UNPACKED_BYTES, `${statSync(path).size} bytes of Parquet unpack to`);
    const rows = Number(metadata.num_rows);
    const names = metadata.schema
      .slice(1)
      .filter(({ num_children }) => num_children === undefined)
      .map(({ name }) => name);
    const nested = metadata.schema.slice(1).find(({ num_children }) => num_children !== undefined);
    if (nested !== undefined)
      throw new FileRefused(`the column ${JSON.stringify(nested.name)} is nested`, {
        fix: 'write one number or text a cell',
      });
    const table = new TableBuilder(names, { missing });
    for (let from = 0; from < rows; from += CHUNK) {
      const objects = await parquetReadObjects({
        file,
        metadata,
        compressors,
        rowStart: from,
        rowEnd: Math.min(rows, from + CHUNK),
      });
      objects.forEach((object, i) => {
        const row = from + i + 1;
        table.row(
          names.map((name) => cellOf(object[name], name, `row ${row}`)),
          row,
        );
      });
    }
    return { columns: table.finish(), rows };
  } catch (error) {
    if (error instanceof FileRefused) throw error;
    throw new FileRefused(
      `the Parquet file cannot be read: ${error instanceof Error ? error.message.slice(0, 200) : 'broken'}`,
      {
        fix: 'write it again; check that the upload was complete',
      },
    );
  }
}
