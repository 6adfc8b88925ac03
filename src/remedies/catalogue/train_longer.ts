/** @file More steps. */
import { planExperiment, withLength } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const trainLonger = defineRemedy({
  remedy: 'train_longer',
  title: 'Train longer',
  rationale: 'A loss that is still falling when the steps run out has not shown what the network can learn.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 8.1.3', 'Hoffer et al. 2017, arXiv:1705.08741'],
  treats: ['slow_convergence', 'underfitting', 'inference_mismatch', 'loss_not_decreasing', 'noisy_gradient'],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the steps', values: [3, 10, 30] },
  change: (experiment, factor) => {
    const longer = withLength(experiment, { steps: Math.round(planExperiment(experiment).steps * factor) });
    // Who stops early leaves the steps unused: the best weights are kept all the same.
    const { early_stopping: stopping } = longer.training;
    return withTraining(longer, { early_stopping: stopping && { ...stopping, patience: null } });
  },
});
