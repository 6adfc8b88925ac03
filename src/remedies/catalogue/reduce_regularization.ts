/** @file A weaker penalty and weaker weight decay, or none. */
import { optimizerKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const reduceRegularization = defineRemedy({
  remedy: 'reduce_regularization',
  title: 'Weaken the penalty on the weights',
  rationale:
    'A penalty whose gradient outweighs that of the data drives the weights to 0, and with a long step past it.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 7.1'],
  treats: [
    'excessive_regularization',
    'rank_collapse',
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'unstable_loss',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the penalty', values: [0, 0.1, 0.001] },
  change: (experiment, factor) => {
    const { l1, l2 } = experiment.training.regularization;
    const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
    const decay = 'weight_decay' in optimizer ? Number(optimizer.weight_decay) : 0;
    if (l1 === 0 && l2 === 0 && decay === 0) return { reason: 'there is no penalty on the weights' };
    return withTraining(experiment, {
      regularization: { l1: l1 * factor, l2: l2 * factor },
      ...(decay === 0
        ? {}
        : { optimizer: { ...optimizer, weight_decay: decay * factor } as typeof optimizer }),
    });
  },
});
