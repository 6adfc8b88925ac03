/** @file What layers with several inputs share: broadcasting without the batch, as NumPy does it. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { LayerContext } from './layer.ts';

export const MAX_MERGED = 64;

export const shapeText = ({ shape }: Tensor): string => `[${shape.slice(1).join(', ')}]`;

/** [batch, …] with axes of size 1 before all others, so that the batch is not broadcast against anything else. */
const withRank = (g: GraphBuilder, x: Tensor, rank: number): Tensor => {
  const [batch = 1, ...shape] = x.shape;
  return c.reshape(g, x, [batch, ...new Array<number>(rank - x.shape.length).fill(1), ...shape]);
};

const fitsAt = (a: Tensor, b: Tensor): boolean =>
  a.shape.every((size, axis) => size === b.shape[axis] || size === 1 || b.shape[axis] === 1);

/**
 * All inputs with axes that can be broadcast against each other: aligned on the right, sizes equal or one of them 1.
 * @throws GraphShapeError telling two shapes that do not fit
 */
function aligned({ g, inputs }: LayerContext): Tensor[] {
  const rank = Math.max(...inputs.map(({ shape }) => shape.length));
  const wide = inputs.map((x) => withRank(g, x, rank));
  wide.forEach((a, i) => {
    const j = wide.findIndex((b) => !fitsAt(a, b));
    if (j > i)
      g.refuse(
        `the shapes of its inputs ${i + 1} and ${j + 1}, ${shapeText(inputs[i] as Tensor)} and ${shapeText(inputs[j] as Tensor)}, do not fit`,
        'along every axis, counted from the last, sizes have to be equal or one of them 1',
      );
  });
  return wide;
}

/** All inputs together, two by two from the first on. */
export const folded = (
  context: LayerContext,
  merge: (g: GraphBuilder, a: Tensor, b: Tensor) => Tensor,
): Tensor => aligned(context).reduce((merged, x) => merge(context.g, merged, x));
