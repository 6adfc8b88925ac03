/** @file Real data sets: small tables that come with the program, read at first use. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { assert } from '../util/assert.ts';
import { defineData, describeClasses, describeValues, type Range, sizeOf } from './data_set.ts';
import { tableSamplesOption } from './options.ts';

interface TableFacts<Type extends string> {
  readonly type: Type;
  readonly title: string;
  readonly description: string;
  readonly sources: readonly string[];
  /** In `tables/`; `.csv` with a header line `rows,features,…`, or `.csv.gz` without one. The target comes last. */
  readonly file: string;
  readonly rows: number;
  readonly inputShape: readonly number[];
  readonly inputRange?: Range;
  readonly reshapable?: boolean;
  /** Null for regression on one value. */
  readonly classes: number | null;
}

/** A data set that is a table: its facts are stated, so that describing it reads no file, and checked on reading. */
export const defineTable = <Type extends string>(facts: TableFacts<Type>) =>
  defineData({
    type: facts.type,
    title: facts.title,
    description: facts.description,
    sources: facts.sources,
    options: { samples: tableSamplesOption(facts.rows) },
    describe({ samples }) {
      const count = samples ?? facts.rows;
      const description =
        facts.classes === null
          ? describeValues(count, facts.inputShape, 1)
          : describeClasses(count, facts.inputShape, facts.classes);
      const { inputRange: input_range, reshapable = false } = facts;
      return { ...description, ...(input_range !== undefined && { input_range }), reshapable };
    },
    generate() {
      const { inputs, targets } = readTable(facts.file, facts.rows, sizeOf(facts.inputShape));
      return { inputs: inputs.slice(), targets: targets.slice() };
    },
  });

interface Table {
  readonly inputs: Float32Array;
  readonly targets: Float32Array;
}

const tables = new Map<string, Table>();

function readTable(file: string, rows: number, features: number): Table {
  const known = tables.get(file);
  if (known) return known;
  const bytes = readFileSync(new URL(`./tables/${file}`, import.meta.url));
  const compressed = file.endsWith('.gz');
  const lines = (compressed ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split('\n');
  const header = compressed ? null : lines.shift();
  assert(header === null || header?.startsWith(`${rows},${features},`), `${file}: the header disagrees`);
  assert(lines.length === rows, `${file} has ${lines.length} rows instead of ${rows}`);
  const table = parseRows(file, lines, features);
  tables.set(file, table);
  return table;
}

function parseRows(file: string, lines: readonly string[], features: number): Table {
  const inputs = new Float32Array(lines.length * features);
  const targets = new Float32Array(lines.length);
  lines.forEach((line, row) => {
    const values = line.split(',').map(Number);
    assert(
      values.length === features + 1 && values.every(Number.isFinite),
      `${file}: row ${row} is malformed`,
    );
    inputs.set(values.slice(0, features), row * features);
    targets[row] = values[features] as number;
  });
  return { inputs, targets };
}
