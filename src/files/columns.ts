/** @file Cells of a table, row by row → columns: numbers, or codes of categories, with what is known of each. */
import { isDate, isMissing, isTruth, TRUTH } from './cells.ts';
import type { ColumnDescription } from './description.ts';
import { FileRefused, MAX_UNPACKED_BYTES, refuseBeyond } from './refused.ts';
import { writtenNumber } from './written_number.ts';

/** More different texts than this are no categories: ids, names, free text. */
export const MAX_CATEGORIES = 10_000;
/** A text column with more categories than this is no sensible input. */
export const MAX_ONE_HOT = 200;
const MAX_COLUMNS = 4096;
const MAX_NAME = 200;
/** Shown in descriptions. */
const MAX_SHOWN = 20;
/** Up to this share of odd cells, a column of numbers stays one; the odd cells count as missing. */
const MAX_ODD_SHARE = 0.05;
/** Bytes that a cell takes here, codes and numbers together. */
const BYTES_PER_CELL = 12;

export type Cell = string | number | boolean | null;

/** A column as training reads it. */
export interface Column {
  readonly description: ColumnDescription;
  /** NaN where missing; codes of `categories` (−1 where missing) of text. */
  readonly numbers: Float64Array | Int32Array;
  /** The categories of text in the order of their codes; empty where there are too many. */
  readonly categories: readonly string[];
  /** Different values in ascending order, of whole numbers with at most MAX_CATEGORIES of them; else null. */
  readonly values: readonly number[] | null;
}

class Growing {
  #numbers = new Float64Array(1024);
  length = 0;
  push(value: number): void {
    if (this.length === this.#numbers.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[this.length++] = value;
  }
  at(index: number): number {
    return this.#numbers[index] as number;
  }
  taken(): Float64Array {
    return this.#numbers.slice(0, this.length);
  }
}

interface Odd {
  readonly line: number;
  readonly text: string;
}

/** One column in the making. */
class ColumnBuilder {
  readonly #name: string;
  readonly #renamed: readonly string[];
  readonly #numbers = new Growing();
  /** Codes of texts, from the first text on; −1 for missing cells, −2 for numbers. */
  readonly #codes = new Growing();
  readonly #texts = new Map<string, { code: number; count: number }>();
  #textCells = 0;
  #missing = 0;
  #firstMissing: number | null = null;
  #dates = 0;
  #truths = 0;
  /** The first number that has more signs than a plain one. */
  #written: string | null = null;
  readonly #odd: Odd[] = [];

  /** @param given the name in the file */
  constructor(name: string, given: string) {
    this.#name = name;
    this.#renamed =
      name === given
        ? []
        : [
            `the file has more than one column ${JSON.stringify(given)}; this one is called ${JSON.stringify(name)}`,
          ];
  }

  push(cell: Cell, line: number, writing: Writing): void {
    const value = typeof cell === 'string' ? cell.trim() : cell;
    const number = this.#numberOf(value, writing);
    if (number !== null) {
      this.#numbers.push(number);
      this.#codes.push(Number.isNaN(number) ? -1 : -2);
      if (Number.isNaN(number)) this.#countMissing(line);
      return;
    }
    this.#numbers.push(Number.NaN);
    this.#codes.push(this.#codeOf(String(value), line));
  }

  /** NaN for a missing cell, null for text. */
  #numberOf(value: Cell, { decimalComma = false, missing }: Writing): number | null {
    if (value === null || missing?.has(String(value))) return Number.NaN;
    if (typeof value === 'boolean') return Number(value);
    if (typeof value === 'number') return Number.isFinite(value) && !missing?.has(value) ? value : Number.NaN;
    if (isMissing(value)) return Number.NaN;
    const number = writtenNumber(value, decimalComma);
    if (number === null) return null;
    if (missing?.has(number.value)) return Number.NaN;
    if (!number.plain) this.#written ??= value;
    return number.value;
  }

  #countMissing(line: number): void {
    this.#missing++;
    this.#firstMissing ??= line;
  }

  #codeOf(text: string, line: number): number {
    this.#textCells++;
    if (isDate(text)) this.#dates++;
    if (isTruth(text)) this.#truths++;
    if (this.#odd.length < 3) this.#odd.push({ line, text });
    const known = this.#texts.get(text);
    if (known !== undefined) {
      known.count++;
      return known.code;
    }
    const code = this.#texts.size;
    // One more is kept, to know that there are too many.
    if (code <= MAX_CATEGORIES) this.#texts.set(text, { code, count: 1 });
    return code;
  }

  finish(rows: number): Column {
    const column = this.#read(rows);
    const notes = [...this.#renamed, ...column.description.notes];
    return { ...column, description: { ...column.description, notes } };
  }

  #read(rows: number): Column {
    const present = rows - this.#missing;
    if (this.#textCells === 0) return this.#asNumbers([]);
    if (this.#truths === this.#textCells && this.#textCells === present) return this.#asTruth();
    if (this.#textCells <= MAX_ODD_SHARE * present) {
      const shown = this.#odd.map(({ line, text }) => `line ${line}: ${JSON.stringify(text.slice(0, 40))}`);
      this.#missing += this.#textCells;
      this.#firstMissing = Math.min(this.#firstMissing ?? Infinity, this.#odd[0]?.line ?? Infinity);
      return this.#asNumbers([
        `${this.#textCells} cells are not numbers and count as missing (${shown.join('; ')})`,
      ]);
    }
    return this.#asText(rows);
  }

  #asTruth(): Column {
    const names = [...this.#texts.keys()];
    const numbers = this.#numbers.taken();
    for (let i = 0; i < numbers.length; i++) {
      const code = this.#codes.at(i);
      if (code >= 0) numbers[i] = TRUTH[(names[code] as string).toLowerCase()] as number;
    }
    return describeNumbers({ ...this.#facts(), type: 'boolean' }, numbers, []);
  }

  #asNumbers(notes: string[]): Column {
    const written =
      this.#written === null ? [] : [`${JSON.stringify(this.#written)} and the like are read as numbers`];
    return describeNumbers({ ...this.#facts(), type: 'number' }, this.#numbers.taken(), [
      ...notes,
      ...written,
    ]);
  }

  #asText(rows: number): Column {
    const codes = new Int32Array(rows);
    for (let i = 0; i < rows; i++) {
      const code = this.#codes.at(i);
      // Numbers among texts are texts too.
      codes[i] = code === -2 ? this.#codeOf(String(this.#numbers.at(i)), i) : code;
    }
    const tooMany = this.#texts.size > MAX_CATEGORIES;
    const byCount = [...this.#texts].toSorted((a, b) => b[1].count - a[1].count);
    const areDates = this.#dates > 0.9 * (rows - this.#missing);
    const distinct = tooMany ? null : this.#texts.size;
    return {
      description: {
        ...this.#facts(),
        type: areDates ? 'date' : 'text',
        distinct,
        ...{ min: null, max: null, mean: null, std: null },
        categories: byCount.slice(0, MAX_SHOWN).map(([text]) => text.slice(0, MAX_NAME)),
        notes: textNotes(areDates, distinct, rows - this.#missing),
      },
      numbers: codes,
      categories: tooMany ? [] : [...this.#texts.keys()],
      values: null,
    };
  }

  #facts() {
    return { name: this.#name, missing: this.#missing, first_missing_line: this.#firstMissing };
  }
}

function textNotes(areDates: boolean, distinct: number | null, present: number): string[] {
  if (areDates)
    return ['dates: not used unless it is named; turn them into numbers, such as days or the hour'];
  if (distinct === 1) return ['constant: it tells nothing'];
  return [
    ...(distinct === null || distinct > 0.5 * present
      ? ['nearly every row has a text of its own: an id, a name or free text']
      : []),
    ...(distinct === null || distinct > MAX_ONE_HOT
      ? [`more than ${MAX_ONE_HOT} different texts: not used as an input`]
      : []),
  ];
}

function momentsOf(numbers: Float64Array) {
  let [count, mean, squares] = [0, 0, 0];
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const x of numbers) {
    if (Number.isNaN(x)) continue;
    count++;
    const delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
    if (x < min) min = x;
    if (x > max) max = x;
  }
  return count === 0 ? null : { count, min, max, mean, std: Math.sqrt(squares / count) };
}

/** Numbers of nines, as people write them for "unknown". */
const NINES = /^9{2,}$/;

/**
 * A number far from all others that comes again and again, and may stand for a missing value: the only negative one, such as
 * -1 or -200, or a row of nines above all others.
 */
function markerOf(numbers: Float64Array): Extreme | null {
  const highest = extremeOf(numbers, (a, b) => a > b);
  const lowest = extremeOf(numbers, (a, b) => a < b);
  // Two values are a choice, such as -1 and 1.
  if (highest === null || lowest === null || highest.next === lowest.value) return null;
  const isOnlyNegative = lowest.value <= -1 && Number.isInteger(lowest.value) && lowest.next >= 0;
  if (isOnlyNegative && lowest.count > 1) return lowest;
  const isFar = highest.value - highest.next > highest.next - lowest.value;
  return NINES.test(String(highest.value)) && isFar && highest.count > 1 ? highest : null;
}

interface Extreme {
  readonly value: number;
  readonly count: number;
  /** The nearest other value. */
  readonly next: number;
}

/** Null where there are fewer than two values. */
function extremeOf(numbers: Float64Array, beyond: (a: number, b: number) => boolean): Extreme | null {
  let [value, count, next] = [Number.NaN, 0, Number.NaN];
  for (const x of numbers) {
    if (x === value) count++;
    else if (beyond(x, value) || (count === 0 && !Number.isNaN(x))) [next, value, count] = [value, x, 1];
    else if (beyond(x, next) || (Number.isNaN(next) && !Number.isNaN(x))) next = x;
  }
  return Number.isNaN(next) ? null : { value, count, next };
}

/** 20240131: a day, if all are one. */
const isWrittenDay = (x: number): boolean => {
  const [month, day] = [Math.floor(x / 100) % 100, x % 100];
  return x >= 19_000_101 && x <= 21_001_231 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
};

const markerNotes = (marker: ReturnType<typeof markerOf>): string[] =>
  marker === null
    ? []
    : [
        `${marker.value} stands in ${marker.count} rows, far from all other numbers: if it means that there is no value, upload the file with ?missing=${marker.value}`,
      ];

function describeNumbers(
  facts: Pick<ColumnDescription, 'name' | 'missing' | 'first_missing_line'> & { type: 'number' | 'boolean' },
  numbers: Float64Array,
  notes: string[],
): Column {
  const moments = momentsOf(numbers);
  const seen = new Set<number>();
  let isWhole = true;
  for (const x of numbers) {
    if (Number.isNaN(x)) continue;
    isWhole &&= Number.isInteger(x);
    if (seen.size <= MAX_CATEGORIES) seen.add(x);
  }
  const distinct = seen.size > MAX_CATEGORIES ? null : seen.size;
  const ascending = distinct !== null && isWhole ? [...seen].toSorted((a, b) => a - b) : null;
  const isId =
    isWhole && moments !== null && moments.count > 20 && distinct === moments.count && isCounting(numbers);
  const { min = null, max = null, mean = null, std = null } = moments ?? {};
  return {
    description: {
      ...facts,
      distinct,
      ...{ min, max, mean, std },
      categories: [],
      notes: [
        ...notes,
        ...(moments === null ? ['no cell has a value'] : []),
        ...(distinct === 1 ? ['constant: it tells nothing'] : []),
        ...markerNotes(markerOf(numbers)),
        ...(ascending !== null && ascending.length > 1 && ascending.every(isWrittenDay)
          ? ['days written as numbers, which are not evenly spaced: turn them into days since a first one']
          : []),
        ...(isId ? ['counts the rows: an id, which should not be an input'] : []),
      ],
    },
    numbers,
    categories: [],
    values: ascending,
  };
}

/** Every number one more than the one before. */
function isCounting(numbers: Float64Array): boolean {
  for (let i = 1; i < numbers.length; i++) {
    if ((numbers[i] as number) - (numbers[i - 1] as number) !== 1) return false;
  }
  return true;
}

/** How the cells of a table are written. */
interface Writing {
  readonly decimalComma?: boolean;
  /** What stands for a missing value beside what always does: texts as they are, and numbers in any writing. */
  readonly missing?: ReadonlySet<string | number>;
}

/** The second and third of a name become "name.1" and "name.2", as in pandas. */
function distinctNames(names: readonly string[]): string[] {
  const taken = new Set(names);
  const seen = new Set<string>();
  return names.map((name) => {
    let own = name;
    for (let n = 1; seen.has(own) || (own !== name && taken.has(own)); n++) own = `${name}.${n}`;
    seen.add(own);
    return own;
  });
}

/** Columns in the making: `row` takes one row, `finish` gives the columns. */
export class TableBuilder {
  readonly #columns: ColumnBuilder[];
  readonly #writing: Writing;
  rows = 0;

  /**
   * @param missing texts that stand for a missing value
   * @throws FileRefused for too many columns, or a name that is too long
   */
  constructor(
    names: readonly string[],
    {
      decimalComma = false,
      missing = [],
    }: { decimalComma?: boolean; missing?: readonly string[] | undefined } = {},
  ) {
    if (names.length > MAX_COLUMNS)
      throw new FileRefused(`the table has ${names.length} columns, more than ${MAX_COLUMNS}`, {
        code: 'too_large',
        fix: 'leave columns out, or send the numbers as an array (NPY, NPZ, safetensors)',
      });
    const long = names.find((name) => name.length > MAX_NAME);
    if (long !== undefined)
      throw new FileRefused(`a column's name has ${long.length} characters, more than ${MAX_NAME}`, {
        fix: 'give it a shorter name, or state header=false where the first line is data',
      });
    this.#columns = distinctNames(names).map((name, i) => new ColumnBuilder(name, names[i] as string));
    const numbers = missing.filter((text) => text.trim() !== '' && !Number.isNaN(Number(text))).map(Number);
    this.#writing = {
      decimalComma,
      ...(missing.length > 0 && { missing: new Set<string | number>([...missing, ...numbers]) }),
    };
  }

  row(cells: readonly Cell[], line: number): void {
    this.rows++;
    if (this.rows % 4096 === 0)
      refuseBeyond(this.rows * this.#columns.length * BYTES_PER_CELL, MAX_UNPACKED_BYTES, 'the cells take');
    for (let i = 0; i < this.#columns.length; i++)
      this.#columns[i]?.push(cells[i] ?? null, line, this.#writing);
  }

  /** @throws FileRefused for a table without rows */
  finish(): Column[] {
    if (this.rows === 0) throw new FileRefused('the table has no rows');
    return this.#columns.map((column) => column.finish(this.rows));
  }
}
