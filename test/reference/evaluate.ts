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
import { erf, sigmoid, softplus } from './special_functions.ts';

type Evaluate<O extends Operator> = (inputs: readonly Value[], attributes: OperatorAttributes[O]) => Value;

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
  Cos: elementwise(Math.cos),
  Div: elementwise((a, b) => a / b),
  Erf: elementwise(erf),
  Exp: elementwise(Math.exp),
  Expand: (inputs, { shape }) =>
    tabulate(commonShape(first(inputs).shape, shape), (index) => at(first(inputs), index)),
  Gemm: (inputs, { transA, transB }) => {
    const product = matrixProduct(transposedIf(transA, first(inputs)), transposedIf(transB, second(inputs)));
    const [, , bias] = inputs;
    return bias === undefined ? product : tabulate(product.shape, (i) => at(product, i) + at(bias, i));
  },
  Greater: elementwise((a, b) => Number(a > b)),
  GreaterOrEqual: elementwise((a, b) => Number(a >= b)),
  Less: elementwise((a, b) => Number(a < b)),
  LessOrEqual: elementwise((a, b) => Number(a <= b)),
  Log: elementwise(Math.log),
  LogSoftmax: (inputs, { axis }) => alongAxis(first(inputs), axis, logSoftmax),
  MatMul: (inputs) => matrixProduct(first(inputs), second(inputs)),
  Max: elementwise(Math.max),
  Min: elementwise(Math.min),
  Mul: elementwise((a, b) => a * b),
  Neg: elementwise((x) => -x),
  Pow: elementwise((a, b) => a ** b),
  ReduceSum: (inputs, { axes, keepdims }) => sumOver(first(inputs), axes, keepdims),
  Relu: elementwise((x) => Math.max(x, 0)),
  Reshape: (inputs, { shape }) => ({ shape, data: first(inputs).data }),
  Sigmoid: elementwise(sigmoid),
  Sin: elementwise(Math.sin),
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

/**
 * The value of every output.
 * @param feeds row-major values of every input that is used
 */
export function evaluate(
  graph: Graph,
  feeds: ReadonlyMap<string, ArrayLike<number>>,
): Map<string, Float64Array> {
  const values = new Map<number, Value>();
  for (const [id, constant] of graph.constants)
    values.set(id, { shape: [], data: Float64Array.of(constant) });
  for (const { name, tensor } of graph.inputs) {
    const data = feeds.get(name);
    if (data !== undefined) values.set(tensor.id, { shape: tensor.shape, data: Float64Array.from(data) });
  }
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(({ id }) => present(values.get(id), `an input of ${node.operator}`));
    values.set(node.output.id, evaluateNode(node, inputs));
  }
  return new Map(graph.outputs.map(({ name, tensor }) => [name, present(values.get(tensor.id), name).data]));
}
