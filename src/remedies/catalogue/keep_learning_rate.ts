/** @file A learning rate that stays as it is. */
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const keepLearningRate = defineRemedy({
  remedy: 'keep_learning_rate',
  title: 'Keep the learning rate constant',
  rationale:
    'A schedule that lowers the rate before anything is learned, or raises it too slowly, ends the training long before its steps do.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 8.3.1'],
  treats: ['unchanged_parameters', 'slow_convergence', 'underfitting', 'loss_not_decreasing', 'update_ratio'],
  effort: 'setting',
  change: (experiment) => {
    const { learning_rate_schedule: schedule } = experiment.training;
    const type = typeof schedule === 'string' ? schedule : schedule.type;
    return type === 'constant'
      ? { reason: 'the learning rate is constant already' }
      : withTraining(experiment, { learning_rate_schedule: 'constant' });
  },
});
