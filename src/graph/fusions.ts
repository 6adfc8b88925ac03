/** @file Pairs of nodes that the runtime computes in one pass, where nothing else reads what is between them. */
import type { Graph } from './graph.ts';
import type { Node, Operator, Shape, Tensor } from './nodes.ts';
import type { Lists } from './onnx_lists.ts';
import { onnxNode } from './onnx_node.ts';

export interface Fusions {
  /** Of a convolution, by its id: its ReLU, which stands for both. */
  readonly rectified: ReadonlyMap<number, Tensor>;
  /** Of a sum x · scale + shift, by its id; scale and shift have a number for each channel. */
  readonly affine: ReadonlyMap<number, readonly [x: Tensor, scale: Tensor, shift: Tensor]>;
  /** Ids of what is computed with another node. */
  readonly absorbed: ReadonlySet<number>;
}

export const NO_FUSIONS: Fusions = { rectified: new Map(), affine: new Map(), absorbed: new Set() };

/** The node of this operator that made a tensor which only one node reads. */
type Before = (operator: Operator, tensor: Tensor) => Node | undefined;

/** [1, channels, 1, …] */
const isPerChannel = ({ shape }: Tensor, of: Shape): boolean =>
  shape.length === of.length && shape.every((size, axis) => size === (axis === 1 ? of[1] : 1));

/** Both orders of two. */
const pairs = <T>([a, b]: readonly T[]): [T, T][] => [
  [a as T, b as T],
  [b as T, a as T],
];

/** x · scale + shift, where `node` is that sum. */
function affineOf(node: Node, before: Before): { product: Tensor; parts: [Tensor, Tensor, Tensor] } | null {
  const { shape } = node.output;
  if (node.operator !== 'Add' || shape.length < 3) return null;
  for (const [product, shift] of pairs(node.inputs)) {
    const made = before('Mul', product);
    if (made === undefined || !isPerChannel(shift, shape)) continue;
    for (const [x, scale] of pairs(made.inputs))
      if (isPerChannel(scale, shape) && x.shape.join() === shape.join())
        return { product, parts: [x, scale, shift] };
  }
  return null;
}

/** What of a graph is computed together. */
export function fusionsOf({ nodes, outputs }: Graph): Fusions {
  const readers = new Map<number, number>();
  for (const { id } of [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ tensor }) => tensor)])
    readers.set(id, (readers.get(id) ?? 0) + 1);
  const makers = new Map(nodes.map((node) => [node.output.id, node]));
  const before: Before = (operator, { id }) => {
    const maker = makers.get(id);
    return maker?.operator === operator && readers.get(id) === 1 ? maker : undefined;
  };
  const rectified = new Map<number, Tensor>();
  const affine = new Map<number, [Tensor, Tensor, Tensor]>();
  const absorbed = new Set<number>();
  for (const node of nodes) {
    const [first] = node.inputs;
    if (node.operator === 'Relu' && first !== undefined && before('Conv', first) !== undefined) {
      rectified.set(first.id, node.output);
      absorbed.add(node.output.id);
    }
    const found = affineOf(node, before);
    if (found === null) continue;
    affine.set(node.output.id, found.parts);
    absorbed.add(found.product.id);
  }
  return { rectified, affine, absorbed };
}

/**
 * x · scale + shift in one pass, bit for bit what the two operators give: a batch normalization with mean 0, variance 1 and nothing added to it.
 * @param inputs x [batch, channels, …], scale and shift [1, channels, 1, …]
 * @param one the name of a constant 1
 */
export function encodeAffine(
  [x, scale, shift]: readonly [string, string, string],
  output: string,
  channels: number,
  integers: Lists,
  one: string,
): unknown[] {
  const name = (part: string) => `${output}/${part}`;
  const list = integers.of([channels]);
  return [
    onnxNode('ConstantOfShape', [list], [name('mean')]),
    onnxNode('Add', [name('mean'), one], [name('variance')]),
    onnxNode('Reshape', [scale, list], [name('scale')]),
    onnxNode('Reshape', [shift, list], [name('shift')]),
    onnxNode(
      'BatchNormalization',
      [x, name('scale'), name('shift'), name('mean'), name('variance')],
      [output],
      { epsilon: { float: 0 } },
    ),
  ];
}
