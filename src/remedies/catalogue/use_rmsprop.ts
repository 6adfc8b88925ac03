/** @file RMSprop instead of the optimizer. */
import { optimizerType, withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useRmsprop = defineRemedy({
  remedy: 'use_rmsprop',
  title: 'Use RMSprop',
  rationale: 'RMSprop divides by the running root mean square of each gradient, so that steps keep one size.',
  sources: ['Tieleman & Hinton 2012, Lecture 6.5'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'update_ratio',
    'unchanged_parameters',
    'slow_convergence',
    'loss_not_decreasing',
    'underfitting',
  ],
  effort: 'setting',
  dose: { name: 'learning_rate', unit: 'per step', values: [0.001, 0.003, 0.01] },
  change: (experiment, learning_rate) =>
    optimizerType(experiment) === 'rmsprop'
      ? { reason: 'it is the optimizer already' }
      : withTraining(experiment, {
          optimizer: {
            type: 'rmsprop',
            learning_rate,
            rho: 0.9,
            momentum: 0,
            epsilon: 1e-7,
            centered: false,
          },
        }),
});
