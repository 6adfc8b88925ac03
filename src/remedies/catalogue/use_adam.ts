/** @file Adam instead of the optimizer. */
import { optimizerKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Learning rates that differ by a smaller factor do the same. */
const SAME = 2;

const USUAL = { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 } as const;

/** Averages over other numbers of steps, or a summand that outweighs most gradients, make it another optimizer. */
const isUsual = ({ beta_1, beta_2, epsilon }: Readonly<Record<keyof typeof USUAL, number>>): boolean =>
  beta_1 >= 0.5 && beta_1 <= 0.95 && beta_2 >= 0.9 && beta_2 <= 0.9999 && epsilon <= 1e-4;

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
    const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
    const factor = Math.max(optimizer.learning_rate / learning_rate, learning_rate / optimizer.learning_rate);
    if (optimizer.type === 'adam' && factor < SAME && isUsual(optimizer))
      return { reason: 'it is the optimizer already, at this learning rate' };
    const adam = { type: 'adam', learning_rate, ...USUAL } as const;
    return withTraining(experiment, { optimizer: adam });
  },
});
