/** @file Each unit limited in proportion to the norm of its weights. */
import { z } from 'zod';
import { countOf, defineClipping, type ParameterGradient } from './clipping.ts';

/** The smallest norm of weights that counts, so that a unit of zeros can still learn. */
const EPSILON = 1e-3;

/** Clips every unit of one parameter; returns how many elements were changed. */
function clipUnits({ gradient, weights, shape }: ParameterGradient, ratio: number): number {
  const units = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
  let clipped = 0;
  for (let unit = 0; unit < units; unit++) {
    const [g, w] = [normOf(gradient, unit, units), normOf(weights, unit, units)];
    const limit = ratio * Math.max(w, EPSILON);
    if (!(g > limit)) continue;
    for (let i = unit; i < gradient.length; i += units) gradient[i] = ((gradient[i] as number) * limit) / g;
    clipped += gradient.length / units;
  }
  return clipped;
}

function normOf(values: Float32Array, first: number, stride: number): number {
  let sum = 0;
  for (let i = first; i < values.length; i += stride) sum += (values[i] as number) * (values[i] as number);
  return Math.sqrt(sum);
}

export const adaptive = defineClipping({
  type: 'adaptive',
  title: 'Adaptive gradient clipping',
  formula: 'g ← g · min(1, ratio · max(‖w‖, 1e-3)/‖g‖) per unit (column of a kernel; a vector is one unit)',
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
  pytorch: ({ ratio }) => `adaptive_clip_grad(model.parameters(), clip_factor=${ratio})  # timm.utils`,
  keras: () => null,
});
