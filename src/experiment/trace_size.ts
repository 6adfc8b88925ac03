/** @file How large the record of a training will be: what `src/training/probe.ts` measures, counted before it is measured. */
import type { BuiltNetwork } from '../network/index.ts';
import { tensorMetrics } from '../statistics/index.ts';

/** loss, gradient_global_norm, accuracy, learning_rate, clipped_fraction, validation_loss, validation_accuracy. */
const RUN_METRICS = 7;
/** How many series every step adds to, probed or not: losses and gradient_norms. */
const STEP_METRICS = 2;
/** An output and its gradient. */
const TENSORS_OF_LAYER = 2;
/** A parameter, its gradient and its update. */
const TENSORS_OF_PARAMETER = 3;
/** ratio_to_weight of the update. */
const FURTHER_OF_PARAMETER = 1;
/** first_to_largest_ratio and first_to_last_ratio of the gradient at the states. */
const FURTHER_OF_STATES = 2;

/** dead_unit_fraction and saturated_fraction: which of them the activation's shape makes possible is not looked at. */
const FURTHER_OF_ACTIVATION = 2;

/** Every `every`-th step from step 0 on, and the last. */
function probedSteps(steps: number, every: number): number {
  if (every === 0) return 0;
  return Math.ceil(steps / every) + Number((steps - 1) % every !== 0);
}

/**
 * Bytes of the numbers of a Trace: 8 · (probed steps · series + steps · 2). Not counted are names, steps, and what is measured
 * three times in a training at most: a few per cent of a trace of many steps.
 */
export function traceBytes(
  { layers, parameters, states }: Pick<BuiltNetwork, 'layers' | 'parameters' | 'states'>,
  steps: number,
  every: number,
): number {
  const tensors = TENSORS_OF_LAYER * layers.length + TENSORS_OF_PARAMETER * parameters.length + states.length;
  const further =
    FURTHER_OF_ACTIVATION * layers.filter(({ activation }) => activation !== null).length +
    FURTHER_OF_PARAMETER * parameters.length +
    FURTHER_OF_STATES * states.length;
  const series = tensors * tensorMetrics.length + further + RUN_METRICS;
  return Float64Array.BYTES_PER_ELEMENT * (probedSteps(steps, every) * series + steps * STEP_METRICS);
}
