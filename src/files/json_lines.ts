/** @file One JSON object a line → columns. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { type Cell, type Column, TableBuilder } from './columns.ts';
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

/** The first line names the columns. @throws FileRefused naming the line that is wrong */
export async function readJsonLines(path: string): Promise<{ columns: Column[]; rows: number }> {
  const lines = createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  let names: string[] = [];
  let table: TableBuilder | null = null;
  let line = 0;
  for await (const text of lines) {
    line++;
    if (text.trim() === '') continue;
    const object = parseLine(text, line);
    if (table === null) {
      names = Object.keys(object);
      table = new TableBuilder(names);
    }
    const known = new Set(names);
    const unknown = Object.keys(object).find((key) => !known.has(key));
    if (unknown !== undefined)
      throw new FileRefused(
        `line ${line} has ${JSON.stringify(unknown.slice(0, 100))}, which the first line has not`,
        {
          fix: 'name every column in the first line (null where it has no value)',
        },
      );
    table.row(
      names.map((name) => cellOf(object[name], name, `line ${line}`)),
      line,
    );
  }
  if (table === null) throw new FileRefused('the file has no lines');
  return { columns: table.finish(), rows: table.rows };
}
