/** @file Collects measured numbers, step by step, into the series of a Trace. Reads tensors, never writes to them. */
import { measureTensor, tensorMetrics } from './moments.ts';
import type { Series } from './trace.ts';

interface Column {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metric: string;
  readonly steps: number[];
  readonly values: number[];
}

export class Recorder {
  readonly #columns = new Map<string, Column>();
  readonly #scratch = new Float64Array(tensorMetrics.length);

  record(step: number, layer: string | null, tensor: string | null, metric: string, value: number): void {
    const key = `${layer}\u0000${tensor}\u0000${metric}`;
    let column = this.#columns.get(key);
    if (column === undefined) {
      column = { layer, tensor, metric, steps: [], values: [] };
      this.#columns.set(key, column);
    }
    column.steps.push(step);
    column.values.push(value);
  }

  /** Every metric of a tensor; returns its l2 norm. */
  recordTensor(step: number, layer: string, tensor: string, values: Float32Array): number {
    measureTensor(values, this.#scratch, 0);
    tensorMetrics.forEach((metric, i) => {
      this.record(step, layer, tensor, metric, this.#scratch[i] as number);
    });
    return this.#scratch[0] as number;
  }

  finish(): Series[] {
    return [...this.#columns.values()].map(({ steps, values, ...rest }) => ({
      ...rest,
      steps: Int32Array.from(steps),
      values: Float64Array.from(values),
    }));
  }
}
