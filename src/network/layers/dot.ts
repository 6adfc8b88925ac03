/** @file The product of two layers: of vectors, of matrices, of stacks of matrices. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { shapeText } from './merge.ts';

/** [batch, …stack, rows, columns] with axes of size 1 before the stack. */
function stacked(g: GraphBuilder, x: Tensor, rank: number): Tensor {
  const [batch = 1, ...shape] = x.shape;
  return c.reshape(g, x, [batch, ...new Array<number>(rank - x.shape.length).fill(1), ...shape]);
}

/** Whether the axes before the matrices broadcast. */
const broadcasts = (a: Tensor, b: Tensor): boolean =>
  a.shape.slice(0, -2).every((size, axis) => size === b.shape[axis] || size === 1 || b.shape[axis] === 1);

function product(g: GraphBuilder, a: Tensor, b: Tensor): Tensor {
  const refuse = (fix: string) => g.refuse(`its inputs ${shapeText(a)} and ${shapeText(b)} do not fit`, fix);
  if (a.shape.length === 2 && b.shape.length === 2) {
    if (a.shape[1] !== b.shape[1]) refuse('two vectors need as many features');
    return c.reduceSum(g, c.mul(g, a, b), [1], true);
  }
  const rank = Math.max(a.shape.length, b.shape.length);
  if (Math.min(a.shape.length, b.shape.length) < 3 || a.shape.at(-1) !== b.shape.at(-2))
    refuse(
      'the last axis of the first has to be as long as the last but one of the second; permute turns them',
    );
  const [left, right] = [stacked(g, a, rank), stacked(g, b, rank)];
  if (!broadcasts(left, right)) refuse('the axes before the last two have to be equal, or one of them 1');
  return c.matMul(g, left, right);
}

const THEORY = 'it multiplies two layers, whose sums of products are not followed';

export const dot = defineLayer({
  type: 'dot',
  family: 'merge',
  title: 'Product of two layers',
  synonyms: ['matmul', 'batch_dot', 'inner_product'],
  formula:
    'y = a b: [rows, n] and [n, columns] give [rows, columns]; axes before them are stacks of matrices, which broadcast; two ' +
    'vectors [n] give their inner product [1]',
  sources: ['Keras, keras.layers.Dot', 'NumPy, numpy.matmul'],
  options: {},
  arity: [2, 2],
  build: ({ g, inputs }) => product(g, inputs[0] as Tensor, inputs[1] as Tensor),
  theory: THEORY,
  junction: () => ({ reason: THEORY }),
  code: () => ({ pytorch: ['Dot()'], keras: ['Dot()'] }),
});
