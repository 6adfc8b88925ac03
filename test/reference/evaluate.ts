/** @file A float64 evaluator of a graph, slow and obvious: the witness against ONNX Runtime and the derivative rules. */
import type { Graph, Node, Operator, OperatorAttributes } from '../../src/graph/index.ts';
import { present } from '../../src/util/assert.ts';
import {
  alongAxis,
  at,
  commonShape,
  elementwise,
  matrixProduct,
  permuted,
  sumOver,
  tabulate,
  transposedIf,
  type Value,
} from './arrays.ts';
import { correlate, gatherKernels, spreadKernels } from './convolutions.ts';
import { erf, sigmoid, softplus } from './special_functions.ts';

/** What a loop leaves: its states at the end, and every tensor of its body in every iteration. */
interface LoopValue extends Value {
  readonly final: readonly Value[];
  readonly iterations: readonly ReadonlyMap<number, Value>[];
}

type Evaluate<O extends Operator> = (inputs: readonly Value[], attributes: OperatorAttributes[O]) => Value;

const SCALAR: Value = { shape: [], data: Float64Array.of(0) };

/** Element `index` of the first axis. */
const elementAt = ({ shape, data }: Value, index: number): Value => {
  const size = data.length / (shape[0] ?? 1);
  return { shape: shape.slice(1), data: data.slice(index * size, (index + 1) * size) };
};

function loop(inputs: readonly Value[], { body, reverse }: OperatorAttributes['Scan']): LoopValue {
  let states = inputs.slice(0, body.states.length);
  const sequences = inputs.slice(states.length, states.length + body.elements.length);
  const captured = inputs.slice(states.length + sequences.length);
  const time = sequences[0]?.shape[0] ?? 0;
  const iterations: ReadonlyMap<number, Value>[] = Array.from({ length: time });
  for (let step = 0; step < time; step++) {
    const index = reverse ? time - 1 - step : step;
    const values = new Map<number, Value>(constantsOf(body.constants));
    const given = [...body.states, ...body.elements, ...body.captured];
    const fed = [...states, ...sequences.map((sequence) => elementAt(sequence, index)), ...captured];
    for (const [i, { id }] of given.entries()) values.set(id, present(fed[i]));
    evaluateNodes(body.nodes, values);
    states = body.next.map(({ id }) => present(values.get(id)));
    iterations[index] = values;
  }
  return { ...SCALAR, final: states, iterations };
}

function stack(values: readonly Value[]): Value {
  return {
    shape: [values.length, ...present(values[0]).shape],
    data: Float64Array.from(values.flatMap(({ data }) => [...data])),
  };
}

const first = (inputs: readonly Value[]): Value => present(inputs[0]);
const second = (inputs: readonly Value[]): Value => present(inputs[1]);

/** ln Σ eˣ */
function logSumExp(line: readonly number[]): number {
  const largest = Math.max(...line);
  return largest + Math.log(line.reduce((sum, x) => sum + Math.exp(x - largest), 0));
}

const logSoftmax = (line: readonly number[], own: number) => (line[own] ?? Number.NaN) - logSumExp(line);

/** Total: a new operator without an entry does not compile. Comparisons answer 1 or 0. */
const table: { readonly [O in Operator]: Evaluate<O> } = {
  Abs: elementwise(Math.abs),
  Add: elementwise((a, b) => a + b),
  Concat: (inputs, { axis }) => {
    const owners = inputs.flatMap((value) =>
      Array.from({ length: value.shape[axis] ?? 0 }, (_, own) => ({ value, own })),
    );
    return tabulate(first(inputs).shape.with(axis, owners.length), (index) => {
      const { value, own } = present(owners[index[axis] ?? 0]);
      return at(value, index.with(axis, own));
    });
  },
  Conv: (inputs, attributes) => {
    const product = correlate(first(inputs), second(inputs), attributes);
    const [, , bias] = inputs;
    return bias === undefined
      ? product
      : tabulate(product.shape, (i) => at(product, i) + at(bias, [i[1] ?? 0]));
  },
  ConvTranspose: (inputs, attributes) => spreadKernels(first(inputs), second(inputs), attributes),
  Cos: elementwise(Math.cos),
  Div: elementwise((a, b) => a / b),
  Erf: elementwise(erf),
  Exp: elementwise(Math.exp),
  Expand: (inputs, { shape }) =>
    tabulate(commonShape(first(inputs).shape, shape), (index) => at(first(inputs), index)),
  Gather: (inputs) => {
    const [table, indices] = [first(inputs), second(inputs)];
    return tabulate([...indices.shape, table.shape[1] ?? 0], (index) =>
      at(table, [at(indices, index.slice(0, -1)), index.at(-1) ?? 0]),
    );
  },
  Gemm: (inputs, { transA, transB }) => {
    const product = matrixProduct(transposedIf(transA, first(inputs)), transposedIf(transB, second(inputs)));
    const [, , bias] = inputs;
    return bias === undefined ? product : tabulate(product.shape, (i) => at(product, i) + at(bias, i));
  },
  Greater: elementwise((a, b) => Number(a > b)),
  GreaterOrEqual: elementwise((a, b) => Number(a >= b)),
  KernelGradient: (inputs, attributes) => gatherKernels(first(inputs), second(inputs), attributes),
  Less: elementwise((a, b) => Number(a < b)),
  LessOrEqual: elementwise((a, b) => Number(a <= b)),
  Log: elementwise(Math.log),
  LogSoftmax: (inputs, { axis }) => alongAxis(first(inputs), axis, logSoftmax),
  MatMul: (inputs) => matrixProduct(first(inputs), second(inputs)),
  Max: elementwise(Math.max),
  Min: elementwise(Math.min),
  Mul: elementwise((a, b) => a * b),
  Neg: elementwise((x) => -x),
  Pad: (inputs, { before, after }) =>
    tabulate(
      first(inputs).shape.map((size, axis) => (before[axis] ?? 0) + size + (after[axis] ?? 0)),
      (index) => {
        const from = index.map((i, axis) => i - (before[axis] ?? 0));
        const inside = from.every((i, axis) => i >= 0 && i < (first(inputs).shape[axis] ?? 0));
        return inside ? at(first(inputs), from) : 0;
      },
    ),
  Pow: elementwise((a, b) => a ** b),
  ReduceSum: (inputs, { axes, keepdims }) => sumOver(first(inputs), axes, keepdims),
  Relu: elementwise((x) => Math.max(x, 0)),
  Reshape: (inputs, { shape }) => ({ shape, data: first(inputs).data }),
  Scan: loop,
  ScanOutput: (inputs, { stacked, index }) => {
    const { final, iterations } = first(inputs) as LoopValue;
    return stacked ? stack(iterations.map((values) => present(values.get(index)))) : present(final[index]);
  },
  ScatterAdd: (inputs, { rows }) => {
    const [indices, updates] = [first(inputs), second(inputs)];
    const columns = updates.shape.at(-1) ?? 0;
    const data = new Float64Array(rows * columns);
    updates.data.forEach((value, i) => {
      const to = (indices.data[Math.floor(i / columns)] ?? 0) * columns + (i % columns);
      data[to] = (data[to] ?? 0) + value;
    });
    return { shape: [rows, columns], data };
  },
  Sigmoid: elementwise(sigmoid),
  Sin: elementwise(Math.sin),
  Slice: (inputs, { axis, start, step, count }) =>
    tabulate(first(inputs).shape.with(axis, count), (index) =>
      at(first(inputs), index.with(axis, start + step * (index[axis] ?? 0))),
    ),
  Softmax: (inputs, { axis }) =>
    alongAxis(first(inputs), axis, (line, own) => Math.exp(logSoftmax(line, own))),
  Softplus: elementwise(softplus),
  Sqrt: elementwise(Math.sqrt),
  StopGradient: first,
  Sub: elementwise((a, b) => a - b),
  Tanh: elementwise(Math.tanh),
  Transpose: (inputs, { perm }) => permuted(first(inputs), perm),
  Where: elementwise((condition, a, b) => (condition === 1 ? a : b)),
};

/** The node's value; its shape is found here anew and held against the shape that the builder inferred. */
function evaluateNode<O extends Operator>(node: Node<O>, inputs: readonly Value[]): Value {
  const value = table[node.operator](inputs, node.attributes);
  if (value.shape.join() !== node.output.shape.join()) {
    throw new Error(`${node.operator} gives [${value.shape}], the graph says [${node.output.shape}]`);
  }
  return value;
}

const constantsOf = (constants: Graph['constants']): [number, Value][] =>
  [...constants].map(([id, { shape, data }]) => [id, { shape, data: Float64Array.from(data) }]);

function evaluateNodes(nodes: readonly Node[], values: Map<number, Value>): void {
  for (const node of nodes) {
    const inputs = node.inputs.map(({ id }) => present(values.get(id), `an input of ${node.operator}`));
    values.set(node.output.id, evaluateNode(node, inputs));
  }
}

/** The nodes that these tensors are computed by, in their order. */
function nodesBehind(graph: Graph, tensors: Iterable<number>): Node[] {
  const needed = new Set(tensors);
  const found = graph.nodes.toReversed().filter(({ output, inputs }) => {
    if (!needed.has(output.id)) return false;
    for (const { id } of inputs) needed.add(id);
    return true;
  });
  return found.reverse();
}

/**
 * The value of every output.
 * @param feeds row-major values of every input that is used
 * @param wanted names of outputs; what only the others need is not computed
 */
export function evaluate(
  graph: Graph,
  feeds: ReadonlyMap<string, ArrayLike<number>>,
  wanted: readonly string[] = graph.outputs.map(({ name }) => name),
): Map<string, Float64Array> {
  const outputs = graph.outputs.filter(({ name }) => wanted.includes(name));
  const values = new Map<number, Value>(constantsOf(graph.constants));
  for (const { name, tensor } of graph.inputs) {
    const data = feeds.get(name);
    if (data !== undefined) values.set(tensor.id, { shape: tensor.shape, data: Float64Array.from(data) });
  }
  const ids = outputs.map(({ tensor }) => tensor.id);
  evaluateNodes(nodesBehind(graph, ids), values);
  return new Map(outputs.map(({ name, tensor }) => [name, present(values.get(tensor.id), name).data]));
}
