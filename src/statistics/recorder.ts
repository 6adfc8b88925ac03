/** @file Collects measured numbers, step by step, into the series of a Trace. */
import { tensorMetrics } from './moments.ts';
import type { Series } from './trace.ts';

/** Numbers that are measured together: one row of them per step. */
export class Table {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metrics: readonly string[];
  readonly #steps: number[] = [];
  #values: Float64Array;

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
      const larger = new Float64Array(2 * offset);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#steps.push(step);
    return { values: this.#values, offset };
  }

  /** The number of the row that was made last. */
  last(metric: string): number {
    const column = this.metrics.indexOf(metric);
    return this.#values[(this.#steps.length - 1) * this.metrics.length + column] as number;
  }

  series(): Series[] {
    const { layer, tensor, metrics } = this;
    const width = metrics.length;
    // One array for all of them: it is stored once.
    const steps = Int32Array.from(this.#steps);
    return metrics.map((metric, column) => {
      const values = new Float64Array(steps.length);
      for (let row = 0; row < values.length; row++) {
        values[row] = this.#values[row * width + column] as number;
      }
      return { layer, tensor, metric, steps, values };
    });
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
    let table = this.#run.get(metric);
    if (table === undefined) {
      table = new Table(null, null, [metric]);
      this.#run.set(metric, table);
    }
    const { values, offset } = table.row(step);
    values[offset] = value;
  }

  /** Series of at least one step: those of the run first. */
  finish(): Series[] {
    return [...this.#run.values(), ...this.#tables]
      .flatMap((table) => table.series())
      .filter(({ steps }) => steps.length > 0);
  }
}
