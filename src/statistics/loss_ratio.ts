/** @file How far a loss is from the best that there is, in units of what a constant prediction is wrong by. */
import type { Trace } from './trace.ts';

/** Below this part of a loss a difference of two is rounding. */
const NO_SCALE = 1e-9;

type Scale = Pick<Trace, 'constant_loss' | 'least_loss' | 'initial'>;

/**
 * What there is to learn: the loss of the best constant above that of a prediction that equals its targets. Where all targets
 * are alike there is nothing but the constant itself: then what the initial weights are wrong by.
 */
export function lossScale({ constant_loss, least_loss, initial }: Scale): number {
  const scale = constant_loss - least_loss;
  if (scale > NO_SCALE * Math.max(1e-3, Math.abs(constant_loss))) return scale;
  return Math.max(initial.data_loss - least_loss, NO_SCALE);
}

/** Of a loss on the validation split: above what is the least there, in the same units; NaN of NaN. */
export const validationRatio = (trace: Scale & Pick<Trace, 'validation_least_loss'>, loss: number): number =>
  (loss - (trace.validation_least_loss ?? trace.least_loss)) / lossScale(trace);

/** 1 at the best constant, 0 at the targets themselves; NaN of NaN. Losses without penalty. */
export const lossRatio = (
  trace: Scale & Pick<Trace, 'final'>,
  loss: number = trace.final.data_loss,
): number => (loss - trace.least_loss) / lossScale(trace);
