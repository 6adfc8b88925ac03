/** @file Each unit limited in proportion to the norm of its weights. */
import { z } from 'zod';
import { isConvolution } from '../initializers/initializer.ts';
import { countOf, defineClipping, type ParameterGradient } from './clipping.ts';

/** The smallest norm of weights that counts, so that a unit of zeros can still learn. */
const EPSILON = 1e-3;

/** Where the numbers of one unit lie. */
interface UnitLayout {
  readonly units: number;
  /** From one number of a unit to the next, and from one unit to the next. */
  readonly stride: number;
  readonly offset: number;
}

/** Columns of a matrix [in, out]; of a convolution kernel [out, …] whole blocks; a vector is one unit. */
function layoutOf(shape: readonly number[], size: number): UnitLayout {
  if (shape.length < 2) return { units: 1, stride: 1, offset: 0 };
  if (!isConvolution(shape)) return { units: shape.at(-1) ?? 1, stride: shape.at(-1) ?? 1, offset: 1 };
  const units = shape[0] ?? 1;
  return { units, stride: 1, offset: size / units };
}

/** Clips every unit of one parameter; returns how many elements were changed. */
function clipUnits({ gradient, weights, shape }: ParameterGradient, ratio: number): number {
  const { units, stride, offset } = layoutOf(shape, gradient.length);
  const count = gradient.length / units;
  let clipped = 0;
  for (let unit = 0; unit < units; unit++) {
    const first = unit * offset;
    const [g, w] = [normOf(gradient, first, stride, count), normOf(weights, first, stride, count)];
    const limit = ratio * Math.max(w, EPSILON);
    if (!(g > limit)) continue;
    for (let k = 0, i = first; k < count; k++, i += stride)
      gradient[i] = ((gradient[i] as number) * limit) / g;
    clipped += count;
  }
  return clipped;
}

function normOf(values: Float32Array, first: number, stride: number, count: number): number {
  let sum = 0;
  for (let k = 0, i = first; k < count; k++, i += stride)
    sum += (values[i] as number) * (values[i] as number);
  return Math.sqrt(sum);
}

export const adaptive = defineClipping({
  type: 'adaptive',
  title: 'Adaptive gradient clipping',
  formula:
    'g ← g · min(1, ratio · max(‖w‖, 1e-3)/‖g‖) per unit (column of a kernel, filter of a convolution; a vector is one unit)',
  sources: ['Brock et al. 2021, arXiv:2102.06171, equation 3'],
  options: {
    ratio: z
      .number()
      .gt(0)
      .max(1e6)
      .default(0.01)
      .describe('Largest ratio of the norms of gradient and weights'),
  },
  clip: (gradients, { ratio }) => {
    const clipped = gradients.reduce((sum, parameter) => sum + clipUnits(parameter, ratio), 0);
    return clipped / countOf(gradients);
  },
  pytorch: ({ ratio }) => `clip_units(model, ${ratio})`,
  keras: () => null,
});
