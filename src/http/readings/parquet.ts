/** @file Rows of statistics as Parquet: each piece is a row group, written where the file has come to; the end lists them. */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { Row } from '../../statistics/index.ts';

/** Types of the writer. Those of the reader that we use may be of another version. */
type SchemaElement = ParquetWriter['schema'][number];
type RowGroup = ParquetWriter['row_groups'][number];

const text = (name: string, repetition_type: 'REQUIRED' | 'OPTIONAL'): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type,
});

const schema: SchemaElement[] = [
  { name: 'root', num_children: 6 },
  text('run', 'REQUIRED'),
  { name: 'step', type: 'INT32', repetition_type: 'REQUIRED' },
  text('layer', 'OPTIONAL'),
  text('tensor', 'OPTIONAL'),
  text('metric', 'REQUIRED'),
  { name: 'value', type: 'DOUBLE', repetition_type: 'REQUIRED' },
];

const columns = ['run', 'step', 'layer', 'tensor', 'metric', 'value'] as const;

/** `PAR1`, with which a file begins. */
export const PARQUET_START = Buffer.from('PAR1');

/** A writer that has come to this place of the file; what stands before is already sent. */
function writerAt(offset: number) {
  const bytes = new ByteWriter();
  bytes.offset = offset - PARQUET_START.length;
  // Writes the beginning of a file, which is left out of the piece.
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'gradclinic' });
  return { parquet, written: () => bytes.getBytes().slice(PARQUET_START.length) };
}

export interface ParquetPiece {
  readonly bytes: Uint8Array;
  /** The entry for these rows in the footer of the file. */
  readonly group: RowGroup;
}

export function parquetPiece(rows: readonly Row[], offset: number): ParquetPiece {
  const { parquet, written } = writerAt(offset);
  const columnData = columns.map((name) => ({
    name,
    data: name === 'step' ? Int32Array.from(rows, ({ step }) => step) : rows.map((row) => row[name]),
    offsetIndex: false,
    // A dictionary takes −0 for 0.
    ...(name === 'value' && { encoding: 'PLAIN' as const }),
  }));
  parquet.write({ columnData, rowGroupSize: rows.length });
  return { bytes: written(), group: parquet.row_groups[0] as RowGroup };
}

export function parquetEnd(groups: readonly RowGroup[], offset: number): Uint8Array {
  const { parquet, written } = writerAt(offset);
  parquet.row_groups = [...groups];
  parquet.num_rows = groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
  parquet.finish();
  return written();
}
