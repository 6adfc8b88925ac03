/** @file What the layers share that drop parts of their input by chance. */
import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import type { LayerContext } from './layer.ts';

export const rateOption = (what: string) =>
  z.number().min(0).max(0.99).describe(`Fraction of the ${what} that is dropped`);

/**
 * x/(1 − rate) with probability 1 − rate, else 0; in inference x.
 * @param shape one draw for each of its elements, spread over x
 */
export function dropParts(
  { g, mode, noise }: LayerContext,
  x: Tensor,
  rate: number,
  shape: readonly number[],
): Tensor {
  if (mode === 'inference' || rate === 0) return x;
  const dropped = c.less(g, noise('uniform', shape), g.constant(rate));
  return c.where(g, dropped, g.constant(0), c.mul(g, x, g.constant(1 / (1 - rate))));
}
