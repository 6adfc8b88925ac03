/** @file JSON objects, one a line or in a list → columns. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Cell, type Column, TableBuilder } from './columns.ts';
import type { ReadingOptions } from './description.ts';
import { FileRefused } from './refused.ts';

function parseLine(text: string, line: number): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FileRefused(`line ${line} is not JSON`, { fix: 'write one JSON object a line' });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new FileRefused(`line ${line} is not an object`, {
    fix: 'write { "column": value, … } on each line',
  });
}

/** @param where for the message, such as "line 3" */
export function cellOf(value: unknown, name: string, where: string): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  throw new FileRefused(`${where}: ${JSON.stringify(name)} is no single value`, {
    fix: 'give lists a column each, or send arrays (NPY, NPZ, safetensors)',
  });
}

/** Objects, one after another → columns. The first names them. */
class Objects {
  #names: string[] = [];
  #table: TableBuilder | null = null;
  readonly #options: ReadingOptions;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** @param where for the message, such as "line 3" */
  add(object: Record<string, unknown>, where: string, number: number): void {
    if (this.#table === null) {
      this.#names = Object.keys(object);
      this.#table = new TableBuilder(this.#names, { missing: this.#options.missing });
    }
    const known = new Set(this.#names);
    const unknown = Object.keys(object).find((key) => !known.has(key));
    if (unknown !== undefined)
      throw new FileRefused(
        `${where} has ${JSON.stringify(unknown.slice(0, 100))}, which the first ${where.split(' ')[0]} has not`,
        {
          fix: `name every column in the first ${where.split(' ')[0]} (null where it has no value)`,
        },
      );
    this.#table.row(
      this.#names.map((name) => cellOf(object[name], name, where)),
      number,
    );
  }

  finish(): { columns: Column[]; rows: number } {
    if (this.#table === null) throw new FileRefused('the file has no lines');
    return { columns: this.#table.finish(), rows: this.#table.rows };
  }
}

/** The first line names the columns. @throws FileRefused naming the line that is wrong */
export async function readJsonLines(path: string, options: ReadingOptions) {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  const objects = new Objects(options);
  let line = 0;
  for await (const text of lines) {
    line++;
    const own = line === 1 ? text.replace(/^\u{feff}/u, '') : text;
    if (own.trim() !== '') objects.add(parseLine(own, line), `line ${line}`, line);
  }
  return objects.finish();
}

/** A list of objects, as pandas writes with orient="records". @throws FileRefused naming the record that is wrong */
export function readRecords(records: readonly unknown[], options: ReadingOptions) {
  const objects = new Objects(options);
  for (const [i, record] of records.entries()) {
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new FileRefused(`record ${i + 1} is not an object`, {
        fix: 'write [{ "column": value, … }, …]',
      });
    objects.add(record as Record<string, unknown>, `record ${i + 1}`, i + 1);
  }
  return objects.finish();
}
