/** @file A larger learning rate. */
import { scaleLearningRate } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const raiseLearningRate = defineRemedy({
  remedy: 'raise_learning_rate',
  title: 'Raise the learning rate',
  rationale: 'Steps that hardly move the weights can be longer.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 11.4.1', 'Smith 2017, arXiv:1506.01186'],
  treats: [
    'slow_convergence',
    'update_ratio',
    'unchanged_parameters',
    'excessive_clipping',
    'loss_not_decreasing',
    'underfitting',
    'unscaled_targets',
  ],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the learning rate', values: [10, 100, 10_000] },
  change: (experiment, factor) => scaleLearningRate(experiment, factor),
});
