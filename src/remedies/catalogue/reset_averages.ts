/** @file The usual running averages of Adam, of its kin and of RMSprop. */
import { optimizerKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Decay rates that do about the same; a summand up to the last outweighs few gradients. */
const [MEAN, SQUARES, MOST_EPSILON] = [
  { least: 0.5, most: 0.95, usual: 0.9 },
  { least: 0.9, most: 0.9999, usual: 0.999 },
  1e-4,
] as const;
const EPSILON = 1e-7;

const isOutside = (value: number, { least, most }: { least: number; most: number }): boolean =>
  value < least || value > most;

export const resetAverages = defineRemedy({
  remedy: 'reset_averages',
  title: 'Set the running averages of the optimizer back to the usual ones',
  rationale:
    'A mean over thousands of steps still holds the first gradients at the end of a short training, one over few steps is chance; and a ' +
    'large ε makes plain descent of it.',
  sources: ['Kingma & Ba 2015, arXiv:1412.6980, section 6.4'],
  treats: [
    'slow_convergence',
    'update_ratio',
    'unchanged_parameters',
    'unstable_loss',
    'exploding_gradient',
    'non_finite_values',
    'vanishing_gradient',
    'loss_not_decreasing',
    'underfitting',
  ],
  effort: 'setting',
  change: (experiment) => {
    const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
    if (!('epsilon' in optimizer) || optimizer.type === 'adagrad')
      return { reason: `${optimizer.type} has no such averages` };
    const epsilon = optimizer.epsilon > MOST_EPSILON ? { epsilon: EPSILON } : {};
    const averages =
      'beta_1' in optimizer
        ? {
            ...(isOutside(optimizer.beta_1, MEAN) ? { beta_1: MEAN.usual } : {}),
            ...(isOutside(optimizer.beta_2, SQUARES) ? { beta_2: SQUARES.usual } : {}),
          }
        : isOutside(optimizer.rho, { ...MEAN, most: SQUARES.most })
          ? { rho: MEAN.usual }
          : {};
    const usual = { ...averages, ...epsilon };
    return Object.keys(usual).length === 0
      ? { reason: 'its averages are the usual ones' }
      : withTraining(experiment, { optimizer: { ...optimizer, ...usual } as typeof optimizer });
  },
});
