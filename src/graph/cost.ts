/** @file What a graph costs to run: floating-point operations and bytes, from its shapes alone. */
import type { Graph, Node } from './graph.ts';
import { sizeOf } from './operators.ts';

const BYTES_PER_NUMBER = 4;

/** Operators that move numbers without computing. */
const free: ReadonlySet<Node['operator']> = new Set(['Reshape', 'StopGradient', 'Expand', 'Transpose']);

function flopsOfNode(node: Node): number {
  const size = sizeOf(node.output.shape);
  if (free.has(node.operator)) return 0;
  if (node.operator === 'ReduceSum') return sizeOf(node.inputs[0]?.shape ?? []);
  if (node.operator === 'Gemm') {
    const { transA } = node.attributes as { transA: boolean };
    const inner = node.inputs[0]?.shape[transA ? 0 : 1] ?? 1;
    return 2 * size * inner;
  }
  if (node.operator === 'MatMul') return 2 * size * (node.inputs[0]?.shape.at(-1) ?? 1);
  return size;
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
