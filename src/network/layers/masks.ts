/** @file Masks of sequences: which time steps count. [batch, time], 1 where one counts and 0 where it is masked. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { LayerContext, Mask, MaskCode, MaskNames } from './layer.ts';

/** True where a time step counts, with as many axes as `rank`: [batch, time, 1, …]. */
export const isKept = (g: GraphBuilder, mask: Tensor, rank: number): Tensor =>
  c.greater(g, alongTime(g, mask, rank), g.constant(0));

/** [batch, time] → [batch, time, 1, …], to be multiplied with a sequence. */
const alongTime = (g: GraphBuilder, mask: Tensor, rank: number): Tensor =>
  c.reshape(g, mask, [...mask.shape, ...new Array<number>(rank - 2).fill(1)]);

/** x at the time steps that count, else 0; not 0 · x, which is not a number where x is infinite. */
export const zeroMasked = (g: GraphBuilder, x: Tensor, mask: Tensor): Tensor =>
  c.where(g, isKept(g, mask, x.shape.length), x, g.constant(0));

/** The mean over time of x [batch, time, features], masked steps left out: [batch, features]; 0 where all are masked. */
export function meanOverTime(g: GraphBuilder, x: Tensor, mask: Tensor): Tensor {
  const count = c.reduceSum(g, mask, [1], true);
  return c.div(g, c.reduceSum(g, zeroMasked(g, x, mask), [1]), c.max(g, count, g.constant(1)));
}

/** The mean over batch and time of every feature of x [batch, time, features], masked steps left out: [1, 1, features]. */
export function meanOfKept(g: GraphBuilder, x: Tensor, mask: Tensor): Tensor {
  const count = c.max(g, c.total(g, mask), g.constant(1));
  return c.div(g, c.reduceSum(g, zeroMasked(g, x, mask), [0, 1], true), count);
}

/** Where something counts in one of them. */
const either = (g: GraphBuilder, masks: readonly Tensor[]): Tensor => masks.reduce((a, b) => c.max(g, a, b));

const NO_MASK = 'one of its inputs has no mask, so that all time steps of what they come to count';

/**
 * Of what is merged element by element: a time step counts where it counts in one of the inputs, as in Keras. An input
 * without a mask counts everywhere; one without time steps of its own has no say.
 */
export function mergedMask(context: LayerContext, output: Tensor): Mask {
  const { g, inputs, masks } = context;
  const [, time] = output.shape;
  const own = masks.filter((_, i) => {
    const { shape } = inputs[i] as Tensor;
    return shape.length === output.shape.length && shape[1] === time;
  });
  const given = own.filter((mask) => mask !== null);
  if (given.length > 0 && given.length === own.length) return either(g, given);
  context.loseMask(NO_MASK);
  return null;
}

/** Of the sum of a sequence and what a body makes of it. */
export function residualMask(context: LayerContext): Mask {
  const masks = [context.masks[0] ?? null, context.bodyMask()];
  const given = masks.filter((mask) => mask !== null);
  if (given.length === masks.length) return either(context.g, given);
  context.loseMask('the layers inside give none, so that all time steps of the sum count');
  return null;
}

/** Of sequences one after another: an input without a mask counts everywhere. */
export function joinedMask({ g, inputs, masks }: LayerContext): Mask {
  if (masks.every((mask) => mask === null)) return null;
  const all = inputs.map(
    ({ shape }, i) => masks[i] ?? c.expand(g, g.constant(1), [shape[0] as number, shape[1] as number]),
  );
  return c.concat(g, all, 1);
}

/** Of a recurrent layer: its outputs have time only where it returns all of them. */
export const recurrentMask = (
  { masks }: LayerContext,
  { return_sequences }: { readonly return_sequences: boolean },
): Mask => (return_sequences ? (masks[0] ?? null) : null);

/** The mask as an argument, and as that of the output. */
export const heedingCode = ({ masks: [mask = null] }: MaskNames): MaskCode => ({
  argument: mask,
  gives: mask,
});

export const recurrentMaskCode = (
  { masks: [mask = null] }: MaskNames,
  { return_sequences }: { readonly return_sequences: boolean },
): MaskCode => ({ argument: mask === null ? null : `mask=${mask}`, gives: return_sequences ? mask : null });

/** As `mergedMask` has it. */
export function mergedMaskCode({ masks, inputShapes, outputShape }: MaskNames): MaskCode {
  const own = masks.filter(
    (_, i) => inputShapes[i]?.length === outputShape.length && inputShapes[i]?.[0] === outputShape[0],
  );
  const given = own.filter((mask) => mask !== null);
  const isWhole = given.length > 0 && given.length === own.length;
  return { argument: null, gives: isWhole ? [...new Set(given)].join(' | ') : null };
}

/** As `joinedMask` has it. */
export function joinedMaskCode({ inputs, masks }: MaskNames): MaskCode {
  if (masks.every((mask) => mask === null)) return { argument: null, gives: null };
  const all = masks.map((mask, i) => mask ?? `torch.ones(${inputs[i]}.shape[:2], dtype=torch.bool)`);
  return { argument: null, gives: `torch.cat([${all.join(', ')}], 1)` };
}
