/** @file Every rule that the service knows, causes before symptoms. A new one is a file beside this and a line here. */
import type { Rule } from '../rule.ts';
import { classImbalance } from './class_imbalance.ts';
import { deadUnits } from './dead_units.ts';
import { degenerateNormalization } from './degenerate_normalization.ts';
import { excessiveClipping } from './excessive_clipping.ts';
import { excessiveDropout } from './excessive_dropout.ts';
import { excessiveRegularization } from './excessive_regularization.ts';
import { explodingGradient } from './exploding_gradient.ts';
import { inferenceMismatch } from './inference_mismatch.ts';
import { lossNotDecreasing } from './loss_not_decreasing.ts';
import { lossOutputMismatch } from './loss_output_mismatch.ts';
import { noisyGradient } from './noisy_gradient.ts';
import { nonFiniteValues } from './non_finite_values.ts';
import { overfitting } from './overfitting.ts';
import { poorInitialization } from './poor_initialization.ts';
import { rankCollapse } from './rank_collapse.ts';
import { saturatedUnits } from './saturated_units.ts';
import { sharpness } from './sharpness.ts';
import { slowConvergence } from './slow_convergence.ts';
import { unchangedParameters } from './unchanged_parameters.ts';
import { underfitting } from './underfitting.ts';
import { unscaledInputs } from './unscaled_inputs.ts';
import { unscaledTargets } from './unscaled_targets.ts';
import { unshuffledData } from './unshuffled_data.ts';
import { unstableLoss } from './unstable_loss.ts';
import { updateRatio } from './update_ratio.ts';
import { vanishingGradient } from './vanishing_gradient.ts';

const all = [
  unscaledInputs,
  unscaledTargets,
  lossOutputMismatch,
  unshuffledData,
  degenerateNormalization,
  excessiveRegularization,
  excessiveDropout,
  inferenceMismatch,
  classImbalance,
  poorInitialization,
  vanishingGradient,
  explodingGradient,
  nonFiniteValues,
  deadUnits,
  saturatedUnits,
  rankCollapse,
  excessiveClipping,
  updateRatio,
  unchangedParameters,
  noisyGradient,
  sharpness,
  unstableLoss,
  slowConvergence,
  lossNotDecreasing,
  underfitting,
  overfitting,
] as const satisfies readonly Rule[];

export type RuleName = (typeof all)[number]['rule'];

/** Does not compile where a rule brings about what is no rule. */
export const rules: readonly Rule<RuleName, RuleName>[] = all;
