/** @file Rows of a stored trace as JSON, CSV or Parquet, a piece at a time. */
import { pageOf, type Row, type RowFilter } from '../../statistics/index.ts';
import { encodeNonFinite } from '../../util/json.ts';
import { type ParquetPiece, parquetPiece } from './parquet.ts';
import { letGo, unpack } from './trace.ts';

export const rowFormats = ['json', 'csv', 'parquet'] as const;
export type RowFormat = (typeof rowFormats)[number];

export interface PieceOptions {
  readonly run: string;
  readonly filter: RowFilter;
  /** Among the rows that the filter leaves. */
  readonly offset: number;
  readonly limit: number;
  readonly format: RowFormat;
  /** Where the piece will stand in the file. */
  readonly place: number;
  /** The same for all pieces of one reading of this trace; null where there is one. */
  readonly key: string | null;
}

export interface Piece {
  readonly bytes: Uint8Array;
  readonly group: ParquetPiece['group'] | null;
  readonly rows: number;
  /** The total of all pieces. */
  readonly total: number;
}

const csvNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';

/** RFC 4180: a cell with a comma, a quote or a line end stands in quotes; a run's name may hold commas. */
const csvText = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const csvLine = (row: Row): string =>
  `${csvText(row.run)},${row.step},${csvText(row.layer ?? '')},${csvText(row.tensor ?? '')},${row.metric},${csvNumber(row.value)}\n`;

export const CSV_HEADER = 'run,step,layer,tensor,metric,value\n';

function written(rows: readonly Row[], { format, place }: PieceOptions): Pick<Piece, 'bytes' | 'group'> {
  if (format === 'parquet' && rows.length > 0) return parquetPiece(rows, place);
  const text =
    format === 'csv'
      ? rows.map(csvLine).join('')
      : rows.map((row) => JSON.stringify(encodeNonFinite(row))).join(',');
  return { bytes: Buffer.from(text), group: null };
}

/** JSON without the brackets around the rows, CSV without its header, a row group of Parquet. */
export async function pieceOfRows([trace]: readonly Uint8Array[], options: PieceOptions): Promise<Piece> {
  const { run, filter, offset, limit, key } = options;
  const { rows, total } = pageOf(run, await unpack(trace as Uint8Array, key), filter, offset, limit);
  if (offset + rows.length >= total) letGo();
  return { ...written(rows, options), rows: rows.length, total };
}

export type SeriesNames = Readonly<Record<'layer' | 'tensor' | 'metric', readonly string[]>>;

/** The names by which rows can be filtered. */
export async function namesOfSeries([encoded]: readonly Uint8Array[]): Promise<SeriesNames> {
  const { series } = await unpack(encoded as Uint8Array);
  const of = (name: keyof SeriesNames) => [...new Set(series.flatMap((one) => one[name] ?? []))];
  return { layer: of('layer'), tensor: of('tensor'), metric: of('metric') };
}
