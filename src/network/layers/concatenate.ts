/** @file Several layers one after another along an axis. */
import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { concatenationJunction } from '../propagation/junction.ts';
import type { Signal } from '../propagation/signal.ts';
import { defineLayer, featureAxis, type LayerContext, MAX_AXES } from './layer.ts';
import { joinedMask, joinedMaskCode, mergedMask, mergedMaskCode } from './masks.ts';
import { MAX_MERGED, shapeText } from './merge.ts';

/** Axis of [batch, …] that an axis of the shape without the batch is. */
function axisOf({ g, inputs }: LayerContext, axis: number | null): number {
  const [{ shape }] = inputs as [Tensor];
  if (axis === null) return featureAxis(shape);
  const rank = shape.length - 1;
  if (axis >= rank || axis < -rank)
    g.refuse(
      `its inputs ${shapeText(inputs[0] as Tensor)} have no axis ${axis}`,
      `give an axis from ${-rank} to ${rank - 1}: 0 is the first one after the batch`,
    );
  return 1 + (axis < 0 ? axis + rank : axis);
}

export const concatenate = defineLayer({
  type: 'concatenate',
  family: 'merge',
  title: 'Several layers one after another',
  synonyms: ['concat', 'cat'],
  formula: 'y = [x₁, x₂, …] along one axis; all other axes have to be equal',
  sources: ['Keras, keras.layers.Concatenate', 'Huang et al. 2017, DenseNet, arXiv:1608.06993'],
  options: {
    axis: z
      .int()
      .min(-MAX_AXES)
      .max(MAX_AXES - 1)
      .nullable()
      .default(null)
      .describe(
        'The axis, without the batch: 0 is the first, −1 the last; default: the features (for images: the channels)',
      ),
  },
  arity: [2, MAX_MERGED],
  mask: (context, output, { axis }) =>
    axisOf(context, axis) === 1 ? joinedMask(context) : mergedMask(context, output),
  maskCode(names, { axis }) {
    const { length } = names.outputShape;
    const at = axis === null ? featureAxis([1, ...names.outputShape]) - 1 : (axis + length) % length;
    return at === 0 && length > 1 ? joinedMaskCode(names) : mergedMaskCode(names);
  },
  build(context, first, options) {
    const { g, inputs } = context;
    const axis = axisOf(context, options.axis);
    const fits = ({ shape }: Tensor) =>
      shape.length === first.shape.length &&
      shape.every((size, other) => other === axis || size === first.shape[other]);
    const unfit = inputs.findIndex((x) => !fits(x));
    if (unfit !== -1)
      g.refuse(
        `the shapes of its inputs 1 and ${unfit + 1}, ${shapeText(first)} and ${shapeText(inputs[unfit] as Tensor)}, do not fit`,
        `they may differ along axis ${axis - 1} only`,
      );
    return c.concat(g, inputs, axis);
  },
  theory: 'it merges several layers',
  junction(inputs, _independent, { axis }) {
    const [{ shape: first }] = inputs as [Signal];
    const at = axis === null ? featureAxis([1, ...first]) - 1 : (axis + first.length) % first.length;
    const length = inputs.reduce((total, { shape }) => total + (shape[at] as number), 0);
    return concatenationJunction(
      inputs,
      first.map((size, i) => (i === at ? length : size)),
    );
  },
  code({ axis }, { inputShape }) {
    const rank = inputShape.length + 1;
    const at = axis === null ? featureAxis([1, ...inputShape]) : 1 + (axis < 0 ? axis + rank - 1 : axis);
    return { pytorch: [`Concatenate(${at})`], keras: [`layers.Concatenate(axis=${at})`] };
  },
});
