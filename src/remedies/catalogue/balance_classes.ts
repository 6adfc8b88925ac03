/** @file Class weights that undo the imbalance. */
import { resolveLoss } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const balanceClasses = defineRemedy({
  remedy: 'balance_classes',
  title: 'Weigh the classes by their rarity',
  rationale:
    'With weights inverse to its frequency, a rare class has the same say in the mean loss as a common one: among samples, time steps or ' +
    'pixels, and of several labels each by itself.',
  sources: ['He & Garcia 2009, Learning from imbalanced data'],
  treats: ['class_imbalance'],
  effort: 'setting',
  change: (experiment) => {
    if (experiment.training.class_weights === 'balanced')
      return { reason: 'the classes are balanced already' };
    const { target } = resolveLoss(experiment);
    if (target === 'values') return { reason: 'the targets are no classes' };
    if (target === 'mixed') return { reason: 'several outputs have a loss together' };
    return withTraining(experiment, { class_weights: 'balanced' });
  },
});
