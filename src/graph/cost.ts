/** @file What a graph costs to run: floating-point operations and bytes, from its shapes alone. */
import type { Graph } from './graph.ts';
import type { Node, Operator } from './nodes.ts';
import { sizeOf } from './operators.ts';

const BYTES_PER_NUMBER = 4;

type Cost<O extends Operator> = (node: Node<O>) => number;

const free = () => 0;
const sizeOfInput = ({ inputs }: Node, index: number) => sizeOf(inputs[index]?.shape ?? []);

/** Every number of the side that is not spread meets a kernel [in/groups, …window]. */
const perKernel = (node: Node, numbers: number) => 2 * numbers * sizeOf(node.inputs[1]?.shape.slice(1) ?? []);

/** Operators that move numbers without computing, and those that take more than one operation for each result. */
const costs: { readonly [O in Operator]?: Cost<O> } = {
  Concat: free,
  Conv: (node) => perKernel(node, sizeOf(node.output.shape)),
  ConvTranspose: (node) => perKernel(node, sizeOfInput(node, 0)),
  Expand: free,
  Gather: free,
  Gemm: ({ inputs, attributes, output }) =>
    2 * sizeOf(output.shape) * (inputs[0]?.shape[attributes.transA ? 0 : 1] ?? 1),
  KernelGradient: (node) => 2 * sizeOfInput(node, 1) * sizeOf(node.output.shape.slice(1)),
  MatMul: ({ inputs, output }) => 2 * sizeOf(output.shape) * (inputs[0]?.shape.at(-1) ?? 1),
  Pad: free,
  ReduceSum: (node) => sizeOfInput(node, 0),
  Reshape: free,
  Scan: ({ attributes: { body }, inputs }) => {
    const time = inputs[body.states.length]?.shape[0] ?? 0;
    return time * body.nodes.reduce((sum, node) => sum + flopsOfNode(node), 0);
  },
  ScanOutput: free,
  ScatterAdd: (node) => sizeOfInput(node, 1),
  Slice: free,
  StopGradient: free,
  Transpose: free,
};

const flopsOfNode = <O extends Operator>(node: Node<O>): number =>
  costs[node.operator]?.(node) ?? sizeOf(node.output.shape);

/** One run: a multiply–add counts as two, every elementwise operation as one. */
export const flopsOf = (graph: Graph): number =>
  graph.nodes.reduce((sum, node) => sum + flopsOfNode(node), 0);

/** Copies of x: for each column of the window, and of these one for each row; beside them both in another order. */
const windowsOf = ({ inputs, attributes: { window } }: Node<'KernelGradient'>): number => {
  const [rows = 1, ...columns] = window;
  const [x, dy] = inputs.map(({ shape }) => sizeOf(shape)) as [number, number];
  return x * (2 + sizeOf(columns) * (2 + rows)) + 2 * dy;
};

/** Upper bound: every tensor of the graph kept at once, those inside loops once for every iteration that saves them. */
export const bytesOf = (graph: Graph): number =>
  BYTES_PER_NUMBER *
  ([
    ...graph.inputs.map(({ tensor }) => tensor),
    ...graph.constants.values(),
    ...graph.nodes.map(({ output }) => output),
  ].reduce((sum, { shape }) => sum + sizeOf(shape), 0) +
    graph.nodes
      .filter((node): node is Node<'KernelGradient'> => node.operator === 'KernelGradient')
      .reduce((sum, node) => sum + windowsOf(node), 0));
