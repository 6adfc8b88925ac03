/** @file What a graph costs to run: floating-point operations and bytes, from its shapes alone. */
import type { Graph, Node } from './graph.ts';
import { sizeOf } from './operators.ts';

const BYTES_PER_NUMBER = 4;

/** Operators that move numbers without computing. */
const free: ReadonlySet<Node['operator']> = new Set([
  'Concat',
  'Expand',
  'Gather',
  'Pad',
  'Reshape',
  'ScanOutput',
  'Slice',
  'StopGradient',
  'Transpose',
]);

function flopsOfNode(node: Node): number {
  const size = sizeOf(node.output.shape);
  if (free.has(node.operator)) return 0;
  if (node.operator === 'ReduceSum') return sizeOf(node.inputs[0]?.shape ?? []);
  if (node.operator === 'Scan') return flopsOfLoop(node as Node<'Scan'>);
  if (node.operator === 'Conv' || node.operator === 'ConvTranspose') {
    // Every element of the smaller side of the window meets a whole kernel: [in/groups, …window] per output.
    const per = sizeOf(node.inputs[1]?.shape.slice(1) ?? []);
    return 2 * per * sizeOf((node.operator === 'Conv' ? node.output : node.inputs[0])?.shape ?? []);
  }
  if (node.operator === 'Gemm') {
    const { transA } = node.attributes as { transA: boolean };
    const inner = node.inputs[0]?.shape[transA ? 0 : 1] ?? 1;
    return 2 * size * inner;
  }
  if (node.operator === 'MatMul') return 2 * size * (node.inputs[0]?.shape.at(-1) ?? 1);
  return size;
}

function flopsOfLoop({ attributes: { body }, inputs }: Node<'Scan'>): number {
  const time = inputs[body.states.length]?.shape[0] ?? 0;
  return time * body.nodes.reduce((sum, node) => sum + flopsOfNode(node), 0);
}

/** One run: a multiply–add counts as two, every elementwise operation as one. */
export const flopsOf = (graph: Graph): number =>
  graph.nodes.reduce((sum, node) => sum + flopsOfNode(node), 0);

/** Upper bound: every tensor of the graph kept at once. */
export const bytesOf = (graph: Graph): number =>
  BYTES_PER_NUMBER *
  [...graph.inputs.map(({ tensor }) => tensor), ...graph.nodes.map(({ output }) => output)].reduce(
    (sum, { shape }) => sum + sizeOf(shape),
    0,
  );
