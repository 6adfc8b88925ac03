/** @file The elements of one axis in the opposite order. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder } from '../../graph/index.ts';
import { identity } from '../propagation/transfer.ts';
import { defineLayer, MAX_AXES, type Mask } from './layer.ts';

/** The axis counted with the batch. @throws GraphShapeError where it is not there */
function axisOf(g: GraphBuilder, axis: number, shape: readonly number[]): number {
  const rank = shape.length;
  if (axis >= rank || axis < -rank)
    g.refuse(
      `its input [${shape.join(', ')}] has no axis ${axis}`,
      `give an axis from ${-rank} to ${rank - 1}: 0 is the first one after the batch`,
    );
  return 1 + (axis < 0 ? axis + rank : axis);
}

export const reverse = defineLayer({
  type: 'reverse',
  family: 'shape',
  title: 'Reverse',
  synonyms: ['flip', 'reversed', 'backwards'],
  formula: 'the elements of one axis in the opposite order: x[:, ::-1] in Python',
  sources: ['NumPy, numpy.flip'],
  options: {
    axis: z
      .int()
      .min(-MAX_AXES)
      .max(MAX_AXES - 1)
      .default(0)
      .describe('The axis, without the batch: 0 is the first (in sequences: time), −1 the last'),
  },
  inert: () => true,
  mask({ g, masks: [mask = null], inputs: [x] }, _output, { axis }): Mask {
    if (mask === null || x === undefined) return null;
    return axisOf(g, axis, x.shape.slice(1)) === 1 ? c.reverse(g, mask, 1) : mask;
  },
  maskCode: ({ masks: [mask = null], inputShapes: [shape = []] }, { axis }) => ({
    argument: null,
    gives: mask !== null && (axis === 0 || axis === -shape.length) ? `${mask}.flip(1)` : mask,
  }),
  build: ({ g }, x, { axis }) => c.reverse(g, x, axisOf(g, axis, x.shape.slice(1))),
  theory: (input) => identity(input, input.shape),
  code({ axis }, { inputShape }) {
    const at = axis < 0 ? axis + inputShape.length : axis;
    return { pytorch: [`Expression(lambda x: x.flip(${at + 1}))`], keras: [`Reverse(${at + 1})`] };
  },
});
