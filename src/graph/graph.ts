/** @file Builds a graph: statically shaped tensors and the operators between them. Knows no derivative and no runtime. */
import { assert } from '../util/assert.ts';
import type {
  Constant,
  DataType,
  Node,
  Operator,
  OperatorAttributes,
  ScanBody,
  Shape,
  Tensor,
} from './nodes.ts';
import { inferShape, outputType, ShapeMismatch, sizeOf } from './operators.ts';

export interface GraphInput {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A finished graph: plain data, read by the ONNX encoder and by the float64 reference of the tests. */
export interface Graph {
  readonly inputs: readonly GraphInput[];
  readonly constants: ReadonlyMap<number, Constant>;
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphInput[];
}

/** Where in the request a part of the graph comes from. */
export interface Scope {
  readonly layer: string;
  readonly pointer: string;
}

/** Shapes that do not fit, with the layer that asked for it. The client's mistake: becomes a 422. */
export class GraphShapeError extends Error {
  override name = 'GraphShapeError';
  readonly scope: Scope | null;
  /** What would help, where that is known. */
  readonly fix: string | undefined;
  constructor(message: string, scope: Scope | null, fix?: string) {
    super(scope === null ? message : `layer "${scope.layer}": ${message}`);
    this.scope = scope;
    this.fix = fix;
  }
}

export class GraphBuilder {
  readonly #inputs: GraphInput[] = [];
  readonly #constants = new Map<number, Constant>();
  readonly #nodes: Node[] = [];
  readonly #outputs: GraphInput[] = [];
  readonly #known = new Map<string, Tensor>();
  readonly #producers = new Map<number, Node>();
  #scope: Scope | null = null;
  #count = 0;
  #bodies = 0;

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The input of the node that made this tensor, where that is of this operator. */
  before(operator: Operator, { id }: Tensor): Tensor | undefined {
    const node = this.#producers.get(id);
    return node?.operator === operator ? node.inputs[0] : undefined;
  }

  get constants(): ReadonlyMap<number, Constant> {
    return this.#constants;
  }

  #tensor(shape: Shape, dtype: DataType): Tensor {
    return { id: this.#count++, shape, dtype };
  }

  /** Runs `build` so that a shape error inside it names this layer. */
  within<T>(scope: Scope, build: () => T): T {
    const outer = this.#scope;
    this.#scope = scope;
    try {
      return build();
    } finally {
      this.#scope = outer;
    }
  }

  /** @throws GraphShapeError with this message, naming the layer that is being built */
  refuse(message: string, fix?: string): never {
    throw new GraphShapeError(message, this.#scope, fix);
  }

  /** A value that is fed at every run. Names are unique. */
  input(name: string, shape: Shape, dtype: DataType = 'float32'): Tensor {
    assert(!this.#inputs.some((input) => input.name === name), `input ${name} exists already`);
    const tensor = this.#tensor(shape, dtype);
    this.#inputs.push({ name, tensor });
    return tensor;
  }

  /** A float32 scalar; equal numbers share one tensor. */
  constant(value: number): Tensor {
    const key = `constant:${Object.is(value, -0) ? '-0' : value}`;
    let tensor = this.#known.get(key);
    if (tensor === undefined) {
      tensor = this.tensor([], Float32Array.of(value));
      this.#known.set(key, tensor);
    }
    return tensor;
  }

  /** A constant tensor, row-major. */
  tensor(shape: Shape, data: Float32Array): Tensor {
    assert(data.length === sizeOf(shape), `${data.length} numbers for a shape of ${sizeOf(shape)}`);
    const tensor = this.#tensor(shape, 'float32');
    this.#constants.set(tensor.id, { shape, data });
    return tensor;
  }

  /** A constant tensor whose numbers are made once the graph is run; until then it costs nothing. */
  madeTensor(shape: Shape, make: () => Float32Array): Tensor {
    const tensor = this.#tensor(shape, 'float32');
    this.#constants.set(tensor.id, {
      shape,
      get data() {
        const data = make();
        assert(data.length === sizeOf(shape), `${data.length} numbers for a shape of ${sizeOf(shape)}`);
        return data;
      },
    });
    return tensor;
  }

  /** A builder for the body of a loop; shape errors in it name the layer that is being built. */
  bodyBuilder(): GraphBuilder {
    const body = new GraphBuilder();
    body.#scope = this.#scope;
    return body;
  }

  /**
   * A loop over the first axis of the sequences: the handle whose results `ScanOutput` reads.
   * @param inputs initial states, sequences, captured tensors, as many of each as the body has
   */
  scan(body: Omit<ScanBody, 'toJSON'>, inputs: readonly Tensor[], reverse: boolean): Tensor {
    const id = this.#bodies++;
    // Stands for the body where equal applications are looked up: every body is one of a kind.
    return this.apply('Scan', inputs, { body: { ...body, toJSON: () => id }, reverse });
  }

  /**
   * The output of `operator`. Equal applications share one node, so a derivative that needs σ(x) again reuses it.
   * @throws GraphShapeError where the shapes do not fit, naming the layer.
   */
  apply<O extends Operator>(
    operator: O,
    inputs: readonly Tensor[],
    attributes: OperatorAttributes[O],
  ): Tensor {
    const key = `${operator}(${inputs.map((input) => input.id).join()})${JSON.stringify(attributes)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const output = this.#tensor(this.infer(operator, inputs, attributes), outputType(operator));
    const node = { operator, inputs, attributes, output };
    this.#nodes.push(node);
    this.#producers.set(output.id, node);
    this.#known.set(key, output);
    return output;
  }

  /**
   * The shape of what `apply` would give.
   * @throws GraphShapeError where the shapes do not fit, naming the layer
   */
  infer<O extends Operator>(
    operator: O,
    inputs: readonly Tensor[],
    attributes: OperatorAttributes[O],
  ): number[] {
    try {
      return inferShape[operator](
        inputs.map((input) => input.shape),
        attributes,
      );
    } catch (error) {
      if (error instanceof ShapeMismatch) throw new GraphShapeError(error.message, this.#scope);
      throw error;
    }
  }

  /** Makes a tensor readable after a run. Names are unique; an input or constant is passed through a node. */
  output(name: string, tensor: Tensor): void {
    assert(!this.#outputs.some((output) => output.name === name), `output ${name} exists already`);
    this.#outputs.push({ name, tensor });
  }

  /** The graph of everything that the outputs need; unused nodes are left out, inputs are kept. */
  finish(): Graph {
    const needed = new Set(this.#outputs.map((output) => output.tensor.id));
    for (const node of this.#nodes.toReversed()) {
      if (needed.has(node.output.id)) for (const input of node.inputs) needed.add(input.id);
    }
    return {
      inputs: this.#inputs,
      constants: new Map([...this.#constants].filter(([id]) => needed.has(id))),
      nodes: this.#nodes.filter((node) => needed.has(node.output.id)),
      outputs: this.#outputs,
    };
  }
}
