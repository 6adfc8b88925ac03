/** @file A smaller learning rate. */
import { scaleLearningRate } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const lowerLearningRate = defineRemedy({
  remedy: 'lower_learning_rate',
  title: 'Lower the learning rate',
  rationale: 'Smaller steps stay where the gradient still describes the loss.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 11.4.1'],
  treats: [
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'update_ratio',
    'unstable_loss',
    'sharpness',
    'loss_not_decreasing',
    'noisy_gradient',
    'underfitting',
    'slow_convergence',
    'rank_collapse',
    'unscaled_targets',
  ],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the learning rate', values: [0.1, 0.01, 0.001] },
  change: (experiment, factor) => scaleLearningRate(experiment, factor),
});
