/** @file Mean of several layers. */
import { calculus as c } from '../../graph/index.ts';
import { DEPENDENT, sumJunction } from '../propagation/junction.ts';
import { defineLayer } from './layer.ts';
import { mergedMask, mergedMaskCode } from './masks.ts';
import { folded, MAX_MERGED } from './merge.ts';

export const average = defineLayer({
  type: 'average',
  family: 'merge',
  title: 'Mean of several layers',
  formula: 'y = (x₁ + … + xₙ)/n, elementwise; shapes broadcast as in NumPy, without the batch',
  sources: ['Keras, keras.layers.Average'],
  options: {},
  arity: [2, MAX_MERGED],
  mask: mergedMask,
  maskCode: mergedMaskCode,
  build(context) {
    const { g, inputs } = context;
    return c.mul(g, folded(context, c.add), g.constant(1 / inputs.length));
  },
  theory: 'it merges several layers',
  junction: (inputs, independent) =>
    independent
      ? sumJunction(
          inputs,
          inputs.map(() => 1 / inputs.length),
        )
      : DEPENDENT,
  code: () => ({ pytorch: ['Average()'], keras: ['layers.Average()'] }),
});
