/** @file The first rows of a table → how it is written: delimiter, lines before the header, header, decimal sign. */
import { parse as parseAll } from 'csv-parse/sync';
import { isDate, isMissing, isTruth } from './cells.ts';
import type { ReadingOptions } from './description.ts';
import { decimalSignOf, writtenNumber } from './written_number.ts';

export const SAMPLE_BYTES = 2 ** 20;
const SAMPLE_ROWS = 200;
const MAX_RECORD_BYTES = 8 * 2 ** 20;
/** A blank stands for any run of blanks and tabs. */
export const BLANKS = ' ';
const DELIMITERS = [',', '\t', ';', '|'] as const;

export interface TableForm {
  readonly delimiter: string;
  /** Records before the header: titles, sources, dates of export. */
  readonly skipped: number;
  /** Records that name the columns: names, and below them units or finer names. */
  readonly headers: number;
  readonly names: readonly string[];
  readonly decimalComma: boolean;
}

export const parserSettings = (delimiter: string) => ({
  delimiter: delimiter === BLANKS ? '\t' : delimiter,
  bom: true,
  skip_empty_lines: true,
  relax_quotes: true,
  relax_column_count: true,
  max_record_size: MAX_RECORD_BYTES,
});

/** Runs of blanks → one tab, but not between quotes. @param text whole lines */
export const tabbed = (text: string): string =>
  text
    .replace(/"[^"\n]*"|[ \t]+/g, (part) => (part.startsWith('"') ? part : '\t'))
    .replace(/^\t|\t(?=\r?$)/gm, '');

/** Rows of the sample, as this delimiter cuts them. */
function rowsBy(delimiter: string, text: string): string[][] {
  try {
    return parseAll(delimiter === BLANKS ? tabbed(text) : text, {
      ...parserSettings(delimiter),
      to: SAMPLE_ROWS,
    }) as string[][];
  } catch {
    return [];
  }
}

/** How many cells most rows have; of equally frequent numbers the larger. */
function usualWidth(rows: readonly string[][]): number {
  const counts = Map.groupBy(rows, (row) => row.length);
  return [...counts].toSorted(([a, x], [b, y]) => y.length - x.length || b - a)[0]?.[0] ?? 0;
}

const shareOf = (rows: readonly string[][], width: number): number =>
  rows.filter((row) => row.length === width).length / Math.max(1, rows.length);

/** Several numbers with blanks between them are no cell. */
const hasList = (row: readonly string[]): boolean =>
  row.some((cell) => /^\s*(?:[-+.\de?]+\s+){2,}[-+.\de?]+\s*$/i.test(cell));

/** The delimiter that cuts most rows into equally many cells, more than one; then the one with most cells. */
function delimiterOf(text: string): string {
  const score = (delimiter: string) => {
    const rows = rowsBy(delimiter, text);
    const width = usualWidth(rows);
    return { delimiter, share: width > 1 ? shareOf(rows, width) : 0, width };
  };
  const [best] = DELIMITERS.map(score).toSorted((a, b) => b.share - a.share || b.width - a.width);
  // Every text has blanks. They are what delimits where every row has equally many, and nothing else cuts the rows as well.
  const blanks = score(BLANKS);
  const isBetter = (best?.share ?? 0) < 1 || (best?.delimiter === '\t' && rowsBy('\t', text).every(hasList));
  if (blanks.share === 1 && isBetter) return BLANKS;
  return best === undefined || best.share === 0 ? ',' : best.delimiter;
}

type Typed = (cell: string) => boolean;

const isNumber = (cell: string): boolean =>
  writtenNumber(cell, false) !== null || writtenNumber(cell, true) !== null;

/** What the cells of a column have in common in the second half of the rows, which is surely data; null for text. */
function typeOf(rows: readonly string[][], column: number): Typed | null {
  const cells = rows
    .slice(Math.ceil(rows.length / 2))
    .map((row) => row[column]?.trim() ?? '')
    .filter((cell) => !isMissing(cell));
  if (cells.length === 0) return null;
  const kinds: readonly Typed[] = [isNumber, isDate, isTruth];
  return kinds.find((is) => cells.filter(is).length >= 0.9 * cells.length) ?? null;
}

/** Of a row: the cells that are what their column holds, and those that are not. */
function compared(row: readonly string[], types: readonly (Typed | null)[]) {
  const cells = types.flatMap((is, i) => {
    const cell = row[i]?.trim() ?? '';
    return is === null || isMissing(cell) ? [] : [{ cell, fits: is(cell) }];
  });
  return { fitting: cells.filter(({ fits }) => fits), odd: cells.filter(({ fits }) => !fits) };
}

const isCounted = (cells: readonly string[]): boolean =>
  cells.length > 1 && cells.every((cell, i) => cell.trim() === String(i));

/** Years or pixels as names: whole numbers that rise. */
const areNames = (cells: readonly string[]): boolean =>
  cells.every((cell, i) => /^\d+$/.test(cell) && (i === 0 || Number(cell) > Number(cells[i - 1])));

function namesColumns(row: readonly string[], rest: readonly string[][], types: readonly (Typed | null)[]) {
  if (rest.length === 0) return false;
  if (isCounted(row) || (row[0]?.trim() === '' && isCounted(row.slice(1)))) return true;
  const { fitting, odd } = compared(row, types);
  const numbers = fitting.map(({ cell }) => cell);
  if (odd.length > 0) return areNames(numbers);
  // Text alone, or beside years: names differ, and are no values of their columns.
  const isTyped = types.some((is) => is !== null);
  return (isTyped ? areYears(numbers) : true) && areNew(row, rest);
}

function areNew(row: readonly string[], rest: readonly string[][]): boolean {
  const end = row.findLastIndex((cell) => cell.trim() !== '') + 1;
  const names = row.slice(0, end);
  return (
    new Set(names).size === end &&
    names.every((cell, i) => cell.trim() !== '' && !rest.some((other) => other[i] === cell))
  );
}

/** One year after another. */
const areYears = (cells: readonly string[]): boolean =>
  cells.length > 1 &&
  cells.every((cell, i) => /^(1[89]|20)\d\d$/.test(cell) && Number(cell) === Number(cells[0]) + i);

/** How many rows name the columns. A second one has no cell that its column could hold: units, or finer names. */
function headerRows(rows: readonly string[][]): number {
  const width = rows[0]?.length ?? 0;
  const types = Array.from({ length: width }, (_, i) => typeOf(rows, i));
  if (!namesColumns(rows[0] ?? [], rows.slice(1), types)) return 0;
  const isMore = (row: readonly string[]) => {
    const { fitting, odd } = compared(row, types);
    const isAlone = odd.length === 1 && row.filter((cell) => cell.trim() !== '').length === 1;
    return fitting.length === 0 && (odd.length > 1 || isAlone);
  };
  const end = rows.findIndex((row, i) => i > 0 && (2 * i >= rows.length || !isMore(row)));
  return Math.max(1, end);
}

const clean = (cell: string | undefined): string => cell?.replace(/\s+/g, ' ').trim() ?? '';

/** Names from one row, or from several one below the other; a name above spans the empty cells after it. */
function namesOf(headers: readonly string[][], width: number): string[] {
  const [first = []] = headers;
  const own = Array.from({ length: width }, (_, i) => clean(first[i]));
  own[0] = own[0]?.replace(/^#\s*/, '') ?? '';
  const isWhole = own.every((name) => name !== '') && new Set(own).size === width;
  if (headers.length < 2 || isWhole) return own.map((name, i) => name || `column_${i + 1}`);
  const spanned = own.map((name, i) => name || (own.slice(0, i).findLast((left) => left !== '') ?? ''));
  return spanned.map((name, i) => {
    const below = headers.slice(1).map((row) => clean(row[i]));
    const parts = [below.some((part) => part !== '') ? name : own[i], ...below].filter((part) => part);
    return parts.join(' ') || `column_${i + 1}`;
  });
}

/** A table of R has names of rows, and none for their column. */
function withRowNames(rows: readonly string[][], width: number): string[][] | null {
  const [first = [], ...rest] = rows;
  if (first.length !== width - 1 || rest.length < 3) return null;
  const names = new Set(rest.map((row) => row[0]));
  const endsBlank = rest.every((row) => clean(row[width - 1]) === '');
  const named = [['row_names', ...first], ...rest];
  return names.size === rest.length && !endsBlank && headerRows(named) > 0 ? named : null;
}

function usesDecimalComma(rows: readonly string[][], delimiter: string): boolean {
  const counts = { ',': 0, '.': 0, either: 0 };
  for (const cell of rows.flat()) {
    const sign = decimalSignOf(cell);
    if (sign !== null) counts[sign]++;
  }
  if (counts[','] === 0 && counts['.'] === 0) {
    // "1,234" alone: where commas do not separate the cells, they are most likely decimal signs.
    const hasComma = rows.some((row) =>
      row.some((cell) => decimalSignOf(cell) === 'either' && cell.includes(',')),
    );
    return delimiter !== ',' && hasComma;
  }
  return counts[','] > counts['.'];
}

/** Excel writes the delimiter into a line of its own. */
const STATED = /^\u{feff}?"?sep=(.)"?\r?\n/iu;

/** @param text the beginning of the file; its last line may be cut */
export function formOf(text: string, options: ReadingOptions, isCut: boolean): TableForm {
  const stated = STATED.exec(text)?.[1];
  const delimiter = options.delimiter ?? stated ?? delimiterOf(text);
  const all = rowsBy(delimiter, text);
  const whole = isCut && all.length < SAMPLE_ROWS ? all.slice(0, -1) : all;
  const rows = whole.filter((row, i) => i < 10 || row.some((cell) => cell.trim() !== ''));
  const start = beginningOf(rows, stated === undefined ? 0 : 1);
  const width = usualWidth(rows.slice(start));
  const table = withRowNames(rows.slice(start), width) ?? rows.slice(start);
  const found = headerRows(table);
  const headers = options.header === undefined ? found : options.header ? Math.max(1, found) : 0;
  const columns = headers > 0 ? (table[0]?.length ?? 0) : width;
  return {
    delimiter,
    skipped: start,
    headers,
    names:
      headers > 0
        ? namesOf(table.slice(0, headers), columns)
        : Array.from({ length: columns }, (_, i) => `column_${i + 1}`),
    decimalComma: usesDecimalComma(table.slice(headers), delimiter),
  };
}

/** The row where the table begins: after shorter rows, if it is a header. */
function beginningOf(rows: readonly string[][], least: number): number {
  const width = usualWidth(rows.slice(least));
  const first = rows.findIndex((row, i) => i >= least && row.length >= width);
  if (first <= least) return least;
  const named = withRowNames(rows.slice(first - 1), width);
  if (named !== null) return first - 1;
  return headerRows(rows.slice(first)) > 0 ? first : least;
}
