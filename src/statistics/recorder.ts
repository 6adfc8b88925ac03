/** @file Collects measured numbers, step by step, into the series of a Trace. */
import { present } from '../util/assert.ts';
import { tensorMetrics } from './moments.ts';
import type { Series } from './trace.ts';

/** Rows of one table, in their order. */
export interface TableRows {
  readonly steps: Int32Array;
  /** Row after row. */
  readonly values: Float64Array;
}

/** Rows of all tables. */
export interface RecordedRows {
  /** In the order in which the tables were made. */
  readonly tensors: readonly TableRows[];
  /** Of the run as a whole, by metric. */
  readonly run: ReadonlyMap<string, TableRows>;
}

/** A table that is full becomes larger by so much: twice as large, a long record would take twice its memory. */
const GROWTH = 1.5;

/** Numbers that are measured together: one row of them per step. */
export class Table {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metrics: readonly string[];
  readonly #steps: number[] = [];
  #values: Float64Array<ArrayBuffer>;
  /** Rows that `takeNew` has given, or `append` has brought. */
  #taken = 0;

  constructor(layer: string | null, tensor: string | null, metrics: readonly string[]) {
    this.layer = layer;
    this.tensor = tensor;
    this.metrics = metrics;
    this.#values = new Float64Array(8 * metrics.length);
  }

  /** A new row for this step: its values are to be written to the returned array, from the returned offset on. */
  row(step: number): { values: Float64Array; offset: number } {
    const offset = this.#steps.length * this.metrics.length;
    if (offset === this.#values.length) {
      const length = Math.ceil(GROWTH * this.#steps.length) * this.metrics.length;
      // Frees what it moves at once. A record may have a quarter of a gigabyte, and V8 counts it late.
      this.#values = new Float64Array(this.#values.buffer.transfer(length * Float64Array.BYTES_PER_ELEMENT));
    }
    this.#steps.push(step);
    return { values: this.#values, offset };
  }

  /** The rows since the last call. */
  takeNew(): TableRows {
    const [from, to, width] = [this.#taken, this.#steps.length, this.metrics.length];
    this.#taken = to;
    return {
      steps: Int32Array.from(this.#steps.slice(from)),
      values: this.#values.slice(from * width, to * width),
    };
  }

  /** What `takeNew` gave of the same table elsewhere. */
  append({ steps, values }: TableRows): void {
    const width = this.metrics.length;
    for (const [i, step] of steps.entries()) {
      const row = this.row(step);
      row.values.set(values.subarray(i * width, (i + 1) * width), row.offset);
    }
    this.#taken = this.#steps.length;
  }

  /** The number of the row that was made last. */
  last(metric: string): number {
    const column = this.metrics.indexOf(metric);
    return this.#values[(this.#steps.length - 1) * this.metrics.length + column] as number;
  }

  /** Nothing is left in the table: both together would be twice the record. */
  takeSeries(): Series[] {
    const { layer, tensor, metrics } = this;
    const width = metrics.length;
    // One array for all of them: it is stored once.
    const steps = Int32Array.from(this.#steps);
    const series = metrics.map((metric, column) => {
      const values = new Float64Array(steps.length);
      for (let row = 0; row < values.length; row++) {
        values[row] = this.#values[row * width + column] as number;
      }
      return { layer, tensor, metric, steps, values };
    });
    this.#values = new Float64Array(this.#values.buffer.transfer(0));
    this.#steps.length = 0;
    return series;
  }
}

export class Recorder {
  readonly #tables: Table[] = [];
  readonly #run = new Map<string, Table>();

  /** A table for a tensor: its metrics in the order of `tensorMetrics`, then the `further` ones. */
  tensor(layer: string, tensor: string, further: readonly string[] = []): Table {
    const table = new Table(layer, tensor, [...tensorMetrics, ...further]);
    this.#tables.push(table);
    return table;
  }

  /** A number of the run as a whole. */
  run(step: number, metric: string, value: number): void {
    const { values, offset } = this.#runTable(metric).row(step);
    values[offset] = value;
  }

  #runTable(metric: string): Table {
    const known = this.#run.get(metric);
    if (known !== undefined) return known;
    const table = new Table(null, null, [metric]);
    this.#run.set(metric, table);
    return table;
  }

  /** The rows since the last call. */
  takeNew(): RecordedRows {
    return {
      tensors: this.#tables.map((table) => table.takeNew()),
      run: new Map([...this.#run].map(([metric, table]) => [metric, table.takeNew()])),
    };
  }

  /** What `takeNew` gave of a recorder with the same tables. */
  append({ tensors, run }: RecordedRows): void {
    this.#tables.forEach((table, i) => {
      table.append(present(tensors[i], 'rows of a table'));
    });
    for (const [metric, rows] of run) this.#runTable(metric).append(rows);
  }

  /** Series of at least one step: those of the run first. Nothing is left here. */
  finish(): Series[] {
    return [...this.#run.values(), ...this.#tables]
      .flatMap((table) => table.takeSeries())
      .filter(({ steps }) => steps.length > 0);
  }
}
