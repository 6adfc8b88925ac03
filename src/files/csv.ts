/** @file Delimited text → columns. Delimiter, header, encoding and decimal comma are found out unless they are stated. */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { CsvError, parse as createParser, type Info } from 'csv-parse';
import { parse as parseAll } from 'csv-parse/sync';
import { type Column, TableBuilder } from './columns.ts';
import type { ReadingOptions } from './description.ts';
import { FileRefused } from './refused.ts';

/** So much of the file is looked at to find out how it is written. */
const SAMPLE_BYTES = 65_536;
const SAMPLE_ROWS = 50;
const MAX_RECORD_BYTES = 8 * 2 ** 20;
const DELIMITERS = [',', '\t', ';', '|'] as const;

export interface CsvTable {
  readonly columns: Column[];
  readonly rows: number;
  readonly found: { delimiter: string; header: boolean; encoding: string; decimal: string };
}

const isNumber = (text: string): boolean =>
  text.trim() !== '' && Number.isFinite(Number(text.replace(',', '.')));

function sampleOf(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(SAMPLE_BYTES);
    return bytes.subarray(0, readSync(file, bytes, 0, SAMPLE_BYTES, 0));
  } finally {
    closeSync(file);
  }
}

function encodingOf(bytes: Buffer): 'utf8' | 'utf16le' | 'latin1' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf16le';
  if (bytes.includes(0))
    throw new FileRefused('this is not text: it holds zero bytes', {
      fix: 'send CSV, TSV, JSON lines, Parquet, NPY, NPZ, safetensors, or a zip of images',
    });
  try {
    // A character may be cut at the end of the sample.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf8';
  } catch {
    return 'latin1';
  }
}

const settings = (delimiter: string) => ({
  delimiter,
  bom: true,
  skip_empty_lines: true,
  relax_quotes: true,
  max_record_size: MAX_RECORD_BYTES,
});

/** Rows of the sample, as this delimiter cuts them; the last line may be cut. */
function rowsBy(delimiter: string, text: string): string[][] {
  try {
    return parseAll(text, {
      ...settings(delimiter),
      relax_column_count: true,
      to: SAMPLE_ROWS,
    }) as string[][];
  } catch {
    return [];
  }
}

/** The delimiter that cuts most rows into equally many cells, more than one; then the one with most cells. */
function delimiterOf(text: string): string {
  const scores = DELIMITERS.map((delimiter) => {
    const rows = rowsBy(delimiter, text);
    const width = rows[0]?.length ?? 0;
    const equal = rows.filter((row) => row.length === width).length / Math.max(1, rows.length);
    return { delimiter, score: width > 1 ? equal * 1000 + Math.min(width, 999) : 0 };
  });
  const best = scores.toSorted((a, b) => b.score - a.score)[0];
  return best === undefined || best.score === 0 ? ',' : best.delimiter;
}

/** Names stand first where no cell of the first row is a number, and some cell below is, or all names differ. */
function hasHeader(rows: readonly string[][]): boolean {
  const [first = [], ...rest] = rows;
  if (first.some(isNumber)) return false;
  if (rest.some((row) => row.some(isNumber))) return true;
  return rest.length > 0 && new Set(first).size === first.length && first.every((cell) => cell.trim() !== '');
}

/** "3,14" in cells that another sign separates. */
function usesDecimalComma(rows: readonly string[][], delimiter: string): boolean {
  if (delimiter === ',') return false;
  const cells = rows.slice(1).flat();
  return (
    cells.some((cell) => /^[+-]?\d+,\d+$/.test(cell.trim())) &&
    !cells.some((cell) => /^[+-]?\d+\.\d+$/.test(cell.trim()))
  );
}

const nameOf = (cell: string, index: number): string => cell.trim() || `column_${index + 1}`;

/** What the parser says, with the line. */
function refusal(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const { lines, column, record } = error as unknown as {
    lines?: number;
    column?: number;
    record?: string[];
  };
  if (error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
    const [, expected = '?', got = String(record?.length ?? '?')] =
      /expect (\d+), got (\d+)/.exec(error.message) ?? [];
    return new FileRefused(`line ${lines} has ${got} cells, the first line has ${expected}`, {
      fix: 'mend that line, or state the delimiter (?delimiter=;)',
    });
  }
  return new FileRefused(
    `line ${lines ?? '?'}${column === undefined ? '' : `, cell ${Number(column) + 1}`}: ${error.message.slice(0, 200)}`,
    {
      fix: 'close the quotes, or state the delimiter (?delimiter=;)',
    },
  );
}

/** @throws FileRefused naming the line that is wrong */
export async function readCsv(path: string, options: ReadingOptions): Promise<CsvTable> {
  const sample = sampleOf(path);
  if (sample.length === 0) throw new FileRefused('the file is empty');
  const encoding = encodingOf(sample);
  const text = sample.toString(encoding);
  const delimiter = options.delimiter ?? delimiterOf(text);
  const rows = rowsBy(delimiter, text);
  const header = options.header ?? hasHeader(rows);
  const decimalComma = usesDecimalComma(rows, delimiter);
  let table: TableBuilder | null = null;
  const parser = createReadStream(path, { encoding }).pipe(
    createParser({ ...settings(delimiter), info: true }),
  );
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      if (table === null) {
        table = new TableBuilder(
          record.map((cell, i) => (header ? nameOf(cell, i) : `column_${i + 1}`)),
          decimalComma,
        );
        if (header) continue;
      }
      table.row(record, info.lines);
    }
  } catch (error) {
    throw refusal(error);
  }
  if (table === null) throw new FileRefused('the file has no lines');
  return {
    columns: table.finish(),
    rows: table.rows,
    found: {
      delimiter,
      header,
      encoding: encoding === 'utf8' ? 'utf-8' : encoding,
      decimal: decimalComma ? ',' : '.',
    },
  };
}
