/** @file Class weights that undo the imbalance. */
import { planExperiment, resolveLoss } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const balanceClasses = defineRemedy({
  remedy: 'balance_classes',
  title: 'Weigh the classes by their rarity',
  rationale:
    'With weights inverse to its frequency, a rare class has the same say in the mean loss as a common one.',
  sources: ['He & Garcia 2009, Learning from imbalanced data'],
  treats: ['class_imbalance'],
  effort: 'setting',
  change: (experiment) => {
    if (experiment.training.class_weights === 'balanced')
      return { reason: 'the classes are balanced already' };
    if (resolveLoss(experiment).target === 'values') return { reason: 'the targets are no classes' };
    const { output_shape } = planExperiment(experiment);
    if (resolveLoss(experiment).target === 'binary' && output_shape.some((length) => length > 1))
      return { reason: 'a sample has several labels, which weights of classes do not tell apart' };
    return withTraining(experiment, { class_weights: 'balanced' });
  },
});
