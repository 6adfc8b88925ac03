/** @file Findings that many others bring about. A rule names them in `brings_about`. */

/** How a training ends that something keeps from learning. */
export const POOR = [
  'noisy_gradient',
  'unstable_loss',
  'slow_convergence',
  'loss_not_decreasing',
  'underfitting',
  'class_imbalance',
] as const;

/** What becomes of weights and units under steps, values or gradients of the wrong size. */
export const WRECKED = [
  'vanishing_gradient',
  'exploding_gradient',
  'non_finite_values',
  'dead_units',
  'saturated_units',
  'rank_collapse',
  'excessive_clipping',
  'update_ratio',
  'unchanged_parameters',
  'sharpness',
] as const;
