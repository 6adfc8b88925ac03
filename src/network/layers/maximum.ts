/** @file Largest of several layers. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { mergedMask, mergedMaskCode } from './masks.ts';
import { folded, MAX_MERGED } from './merge.ts';

/** Not a number where either of them is not: then neither comparison holds. */
const largerOf = (g: GraphBuilder, a: Tensor, b: Tensor): Tensor =>
  c.where(g, c.greaterOrEqual(g, a, b), a, c.where(g, c.less(g, a, b), b, c.add(g, a, b)));

export const maximum = defineLayer({
  type: 'maximum',
  family: 'merge',
  title: 'Largest of several layers',
  formula:
    'y = max(x₁, x₂, …), elementwise; shapes broadcast as in NumPy, without the batch; where inputs are equal the gradient ' +
    'goes to the first',
  sources: ['Keras, keras.layers.Maximum'],
  options: {},
  arity: [2, MAX_MERGED],
  mask: mergedMask,
  maskCode: mergedMaskCode,
  build: (context) => folded(context, largerOf),
  theory: 'the larger of two depends on their whole distributions',
  code: () => ({ pytorch: ['Maximum()'], keras: ['layers.Maximum()'] }),
});
