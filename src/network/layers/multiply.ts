/** @file Product of several layers. */
import { calculus as c } from '../../graph/index.ts';
import { DEPENDENT, productJunction } from '../propagation/junction.ts';
import { defineLayer } from './layer.ts';
import { mergedMask, mergedMaskCode } from './masks.ts';
import { folded, MAX_MERGED } from './merge.ts';

export const multiply = defineLayer({
  type: 'multiply',
  family: 'merge',
  title: 'Product of several layers',
  formula:
    'y = x₁ · x₂ · …, elementwise; shapes broadcast as in NumPy, without the batch: [16, 1, 1] times [16, 8, 8] is a gate',
  sources: [
    'Keras, keras.layers.Multiply',
    'Hu et al. 2018, Squeeze-and-excitation networks, arXiv:1709.01507',
  ],
  options: {},
  arity: [2, MAX_MERGED],
  mask: mergedMask,
  maskCode: mergedMaskCode,
  build: (context) => folded(context, c.mul),
  theory: 'it merges several layers',
  junction: (inputs, independent) => (independent ? productJunction(inputs) : DEPENDENT),
  code: () => ({ pytorch: ['Multiply()'], keras: ['layers.Multiply()'] }),
});
