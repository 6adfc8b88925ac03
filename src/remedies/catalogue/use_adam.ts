/** @file Adam instead of the optimizer. */
import { optimizerType, withTraining } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const useAdam: Remedy = {
  remedy: 'use_adam',
  title: 'Use Adam',
  rationale:
    'Adam divides by the running size of each gradient, so that steps keep one size whatever the scale of the gradient.',
  sources: ['Kingma & Ba 2015, arXiv:1412.6980'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'update_ratio',
    'unchanged_parameters',
    'slow_convergence',
    'unstable_loss',
    'loss_not_decreasing',
    'underfitting',
    'unscaled_targets',
  ],
  effort: 'setting',
  dose: { name: 'learning_rate', unit: 'per step', values: [0.001, 0.003, 0.01] },
  change: (experiment, learning_rate) =>
    optimizerType(experiment) === 'adam'
      ? { reason: 'it is the optimizer already' }
      : withTraining(experiment, {
          optimizer: { type: 'adam', learning_rate, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 },
        }),
};
