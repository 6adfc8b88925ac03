/** @file Lists of integers in an ONNX model: shapes and places, constant or in multiples of the batch that the model is given. */
import { present } from '../util/assert.ts';
import { bytes, elementTypes, onnxNode } from './onnx_node.ts';

export interface Lists {
  /** @returns the name of a tensor that holds these numbers */
  of(values: readonly number[]): string;
}

/** Writes down what it is asked for. */
export class ListRecord implements Lists {
  readonly lists: (readonly number[])[] = [];

  of(values: readonly number[]): string {
    this.lists.push(values);
    return '';
  }
}

/** The same graph for two sizes of the batch tells which numbers are the batch's. */
export interface Batches {
  readonly own: number;
  readonly other: number;
}

const BATCH = 'int64:batch';

/** int64 initializers, shared by equal lists. */
export class IntegerLists implements Lists {
  readonly initializers: unknown[] = [];
  /** Nodes that compute the lists that depend on the batch; they come before all others. */
  readonly nodes: unknown[] = [];
  readonly #known = new Set<string>();
  readonly #input: string;
  readonly #batches: Batches;

  /** @param input whose first axis is the batch */
  constructor(input: string, batches: Batches) {
    this.#input = input;
    this.#batches = batches;
  }

  of(values: readonly number[]): string {
    const name = `int64:${values.join()}`;
    if (this.#isNew(name)) {
      const rawData = bytes(BigInt64Array.from(values, BigInt));
      this.initializers.push({ name, dataType: elementTypes.int64, dims: [values.length], rawData });
    }
    return name;
  }

  /** @param others the same list of the graph for the other size of the batch */
  forBatch(values: readonly number[], others: readonly number[]): string {
    if (values.every((value, i) => value === others[i])) return this.of(values);
    const parts = values.map((value, i) => this.#number(value, present(others[i])));
    const name = `computed:${parts.join()}`;
    if (this.#isNew(name)) this.nodes.push(onnxNode('Concat', parts, [name], { axis: 0 }));
    return name;
  }

  /** A list of one: value = factor · batch + rest. */
  #number(value: number, other: number): string {
    if (value === other) return this.of([value]);
    const { own, other: others } = this.#batches;
    const factor = (other - value) / (others - own);
    const rest = value - factor * own;
    const name = `batch:${factor},${rest}`;
    if (this.#isNew(name))
      this.nodes.push(
        onnxNode('Mul', [this.#batch(), this.of([factor])], [`${name}/product`]),
        onnxNode('Add', [`${name}/product`, this.of([rest])], [name]),
      );
    return name;
  }

  #batch(): string {
    if (this.#isNew(BATCH))
      this.nodes.push(
        onnxNode('Shape', [this.#input], [`${BATCH}/shape`]),
        onnxNode('Slice', [`${BATCH}/shape`, this.of([0]), this.of([1])], [BATCH]),
      );
    return BATCH;
  }

  #isNew(name: string): boolean {
    if (this.#known.has(name)) return false;
    this.#known.add(name);
    return true;
  }
}
