/** @file Sum of several layers. */
import { calculus as c } from '../../graph/index.ts';
import { DEPENDENT, sumJunction } from '../propagation/junction.ts';
import { defineLayer } from './layer.ts';
import { mergedMask, mergedMaskCode } from './masks.ts';
import { folded, MAX_MERGED } from './merge.ts';

export const add = defineLayer({
  type: 'add',
  family: 'merge',
  title: 'Sum of several layers',
  synonyms: ['sum'],
  formula: 'y = x₁ + x₂ + …, elementwise; shapes broadcast as in NumPy, without the batch',
  sources: ['Keras, keras.layers.Add'],
  options: {},
  arity: [2, MAX_MERGED],
  mask: mergedMask,
  maskCode: mergedMaskCode,
  build: (context) => folded(context, c.add),
  theory: 'it merges several layers',
  junction: (inputs, independent) =>
    independent
      ? sumJunction(
          inputs,
          inputs.map(() => 1),
        )
      : DEPENDENT,
  code: () => ({ pytorch: ['Add()'], keras: ['layers.Add()'] }),
});
