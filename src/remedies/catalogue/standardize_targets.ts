/** @file Targets with mean 0 and deviation 1. */
import { resolveLoss } from '../../experiment/index.ts';
import { defineRemedy } from '../remedy.ts';

export const standardizeTargets = defineRemedy({
  remedy: 'standardize_targets',
  title: 'Standardize the targets',
  rationale:
    'Each output gets targets of mean 0 and standard deviation 1 on the training split: what a network gives at the start, so ' +
    'that the first errors, and their gradients, are of order 1.',
  sources: ['LeCun et al. 1998, Efficient BackProp, section 4.5', 'Bishop 1995, section 8.2'],
  treats: [
    'unscaled_targets',
    'loss_output_mismatch',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'rank_collapse',
    'update_ratio',
    'excessive_clipping',
    'underfitting',
    'unstable_loss',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  change: (experiment) => {
    if (resolveLoss(experiment).target !== 'values') return { reason: 'the targets are no values' };
    if (experiment.data.standardize_targets) return { reason: 'the targets are standardized already' };
    return { experiment: { ...experiment, data: { ...experiment.data, standardize_targets: true } } };
  },
});
