/** @file A part of one axis: some time steps, channels, rows. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type SliceAttributes } from '../../graph/index.ts';
import { defineLayer, MAX_AXES, type Mask } from './layer.ts';

interface Options {
  readonly axis: number;
  readonly start: number;
  readonly stop: number | null;
  readonly step: number;
}

const counted = (at: number, size: number): number => Math.min(size, Math.max(0, at < 0 ? at + size : at));

/** Of [batch, …shape]; null where the input has no such axis. */
function axisOf({ axis }: Options, shape: readonly number[]): number | null {
  const rank = shape.length;
  return axis < rank && axis >= -rank ? 1 + (axis < 0 ? axis + rank : axis) : null;
}

/** As Python has it: negative places count from the end, what lies beyond the ends is left out. */
function partOf(options: Options, axis: number, size: number): SliceAttributes {
  const { start, stop, step } = options;
  const [from, to] = [counted(start, size), counted(stop ?? size, size)];
  return { axis, start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** @throws GraphShapeError where the axis is not there, or nothing is left of it */
function slicing(g: GraphBuilder, shape: readonly number[], options: Options): SliceAttributes {
  const axis = axisOf(options, shape);
  if (axis === null)
    return g.refuse(
      `its input [${shape.join(', ')}] has no axis ${options.axis}`,
      `give an axis from ${-shape.length} to ${shape.length - 1}: 0 is the first one after the batch`,
    );
  const part = partOf(options, axis, shape[axis - 1] as number);
  if (part.count === 0)
    g.refuse(`nothing is left of the ${shape[axis - 1]} elements of axis ${options.axis}`);
  return part;
}

const python = ({ start, stop, step }: Options): string =>
  `${start === 0 ? '' : start}:${stop ?? ''}${step === 1 ? '' : `:${step}`}`;

export const slice = defineLayer({
  type: 'slice',
  family: 'shape',
  title: 'Slice',
  synonyms: ['crop', 'cropping', 'cropping1d', 'cropping2d', 'split', 'chunk', 'narrow'],
  formula:
    'the elements start, start + step, … before stop of one axis, which stays: x[:, start:stop:step] in Python',
  sources: ['NumPy, basic slicing', 'Keras, keras.layers.Cropping1D'],
  options: {
    axis: z
      .int()
      .min(-MAX_AXES)
      .max(MAX_AXES - 1)
      .default(0)
      .describe('The axis, without the batch: 0 is the first (in sequences: time), −1 the last'),
    start: z.int().default(0).describe('The first element; negative: counted from the end'),
    stop: z.int().nullable().default(null).describe('The element before which it stops; null: go to the end'),
    step: z.int().min(1).default(1).describe('Step from one element to the next'),
  },
  inert: () => true,
  mask({ g, masks: [mask = null], inputs: [x] }, _output, options): Mask {
    const shape = x?.shape.slice(1) ?? [];
    if (mask === null || axisOf(options, shape) !== 1) return mask;
    return c.slice(g, mask, slicing(g, shape, options));
  },
  maskCode({ masks: [mask = null], inputShapes: [shape = []] }, options) {
    const isTime = axisOf(options, shape) === 1;
    return { argument: null, gives: mask === null || !isTime ? mask : `${mask}[:, ${python(options)}]` };
  },
  build: ({ g }, x, options) => c.slice(g, x, slicing(g, x.shape.slice(1), options)),
  theory: 'what is cut off gets no gradient, which moments of all elements do not tell',
  code(options, { inputShape }) {
    const axis = axisOf(options, inputShape) ?? 1;
    const { start, stop, step } = options;
    return {
      pytorch: [`Expression(lambda x: x[${':, '.repeat(axis)}${python(options)}])`],
      keras: [`Slice(${axis}, ${start}, ${stop ?? 'None'}, ${step})`],
    };
  },
});
