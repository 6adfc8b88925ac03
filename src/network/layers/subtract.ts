/** @file Difference of two layers. */
import { calculus as c } from '../../graph/index.ts';
import { DEPENDENT, sumJunction } from '../propagation/junction.ts';
import { defineLayer } from './layer.ts';
import { mergedMask, mergedMaskCode } from './masks.ts';
import { folded } from './merge.ts';

export const subtract = defineLayer({
  type: 'subtract',
  family: 'merge',
  title: 'Difference of two layers',
  formula: 'y = x₁ − x₂, elementwise; shapes broadcast as in NumPy, without the batch',
  sources: ['Keras, keras.layers.Subtract'],
  options: {},
  arity: [2, 2],
  mask: mergedMask,
  maskCode: mergedMaskCode,
  build: (context) => folded(context, c.sub),
  theory: 'it merges several layers',
  junction: (inputs, independent) => (independent ? sumJunction(inputs, [1, -1]) : DEPENDENT),
  code: () => ({ pytorch: ['Subtract()'], keras: ['layers.Subtract()'] }),
});
