/** @file Adam instead of the optimizer. */
import { optimizerType, withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Adam as well, with a decay of the weights or another momentum. */
const KIN = ['adam', 'adamw', 'nadam'];
const USUAL = { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 } as const;

export const useAdam = defineRemedy({
  remedy: 'use_adam',
  title: 'Use Adam at a usual learning rate',
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
  change: (experiment, learning_rate) => {
    const type = optimizerType(experiment);
    if (KIN.includes(type)) return { reason: `the optimizer is ${type} already` };
    const adam = { type: 'adam', learning_rate, ...USUAL } as const;
    return withTraining(experiment, { optimizer: adam });
  },
});
