/** @file Delimited text → columns. How it is written is found out unless it is stated (`table_form.ts`). */
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse as createParser, type Info } from 'csv-parse';
import { type Column, TableBuilder } from './columns.ts';
import type { ReadingOptions } from './description.ts';
import { FileRefused } from './refused.ts';
import { BLANKS, formOf, parserSettings, SAMPLE_BYTES, type TableForm, tabbed } from './table_form.ts';

const PIECE_BYTES = 2 ** 20;

interface CsvTable {
  readonly columns: Column[];
  readonly rows: number;
  readonly found: Record<string, string | boolean | number>;
  readonly notes: string[];
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

function* piecesOf(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(PIECE_BYTES);
    for (let count = readSync(file, bytes); count > 0; count = readSync(file, bytes))
      yield bytes.subarray(0, count);
  } finally {
    closeSync(file);
  }
}

/** Looks at all of it: the first "é" may come after many pages of plain English. */
function encodingOf(path: string): Encoding {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  let isFirst = true;
  for (const bytes of piecesOf(path)) {
    if (isFirst && bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
    if (isFirst && bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
    isFirst = false;
    if (bytes.includes(0))
      throw new FileRefused('this is not text: it holds zero bytes', {
        fix: 'send CSV, TSV, JSON lines, Parquet, NPY, NPZ, safetensors, or a zip of images',
      });
    try {
      if (isUtf8) decoder.decode(bytes, { stream: true });
    } catch {
      isUtf8 = false;
    }
  }
  return isUtf8 ? 'utf-8' : 'windows-1252';
}

function sampleOf(path: string, encoding: Encoding): { text: string; isCut: boolean } {
  const [bytes = Buffer.alloc(0)] = piecesOf(path);
  return {
    text: new TextDecoder(encoding).decode(bytes, { stream: true }),
    isCut: bytes.length >= SAMPLE_BYTES,
  };
}

/** The text in pieces; of text between blanks in whole lines, with tabs. */
async function* textOf(path: string, encoding: Encoding, delimiter: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  let rest = '';
  for await (const bytes of createReadStream(path)) {
    const text = decoder.decode(bytes as Buffer, { stream: true });
    if (delimiter !== BLANKS) {
      yield text;
      continue;
    }
    const end = text.lastIndexOf('\n') + 1;
    if (end === 0) rest += text;
    else {
      yield tabbed(rest + text.slice(0, end));
      rest = text.slice(end);
    }
  }
  yield delimiter === BLANKS ? tabbed(rest) : decoder.decode();
}

/** What the parser says, with the line. */
function refusal(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const { lines, column } = error as unknown as { lines?: number; column?: number };
  return new FileRefused(
    `line ${lines ?? '?'}${column === undefined ? '' : `, cell ${Number(column) + 1}`}: ${error.message.slice(0, 200)}`,
    {
      fix: 'close the quotes, or state the delimiter (?delimiter=;)',
    },
  );
}

const isBlank = (cell: string): boolean => cell.trim() === '';

/** The cells of the columns; more delimiters at the end of a line are none. @throws FileRefused naming the line */
function cellsOf(record: string[], width: number, line: number): string[] {
  if (record.length === width || (record.length > width && record.slice(width).every(isBlank))) return record;
  throw new FileRefused(`line ${line} has ${record.length} cells, the first line has ${width}`, {
    fix: 'mend that line, or state the delimiter (?delimiter=;)',
  });
}

/** Columns without a name and without a cell are delimiters at the end of every line. */
const isColumn = ({ description: { name, distinct } }: Column, { headers, names }: TableForm): boolean =>
  headers === 0 || distinct !== 0 || name !== `column_${names.indexOf(name) + 1}`;

function foundOf({ delimiter, headers, skipped, decimalComma }: TableForm, encoding: Encoding) {
  return {
    delimiter,
    header: headers > 0,
    ...(headers > 1 && { header_lines: headers }),
    ...(skipped > 0 && { lines_before_header: skipped }),
    encoding,
    decimal: decimalComma ? ',' : '.',
  };
}

/** @throws FileRefused naming the line that is wrong */
export async function readCsv(path: string, options: ReadingOptions): Promise<CsvTable> {
  const encoding = encodingOf(path);
  const { text, isCut } = sampleOf(path, encoding);
  if (text === '') throw new FileRefused('the file is empty');
  const form = formOf(text, options, isCut);
  const width = form.names.length;
  const table = new TableBuilder(form.names, { decimalComma: form.decimalComma, missing: options.missing });
  const source = Readable.from(textOf(path, encoding, form.delimiter));
  const parser = createParser({ ...parserSettings(form.delimiter), info: true });
  let [records, empty] = [0, 0];
  try {
    // What goes wrong arrives at the loop below.
    pipeline(source, parser, () => undefined);
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      records++;
      if (records <= form.skipped + form.headers) continue;
      if (record.every(isBlank)) empty++;
      else table.row(cellsOf(record, width, info.lines), info.lines);
    }
  } catch (error) {
    throw refusal(error);
  }
  if (records === 0) throw new FileRefused('the file has no lines');
  return {
    columns: table.finish().filter((column) => isColumn(column, form)),
    rows: table.rows,
    found: foundOf(form, encoding),
    notes: empty > 0 ? [`${empty} lines without any value are left out`] : [],
  };
}
