/** @file A tenth of the learning rate. */
import { withTraining } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const lowerLearningRate: Remedy = {
  remedy: 'lower_learning_rate',
  title: 'Lower the learning rate to a tenth',
  rationale: 'Smaller steps stay where the gradient still describes the loss.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 11.4.1'],
  treats: ['exploding_gradient', 'non_finite_values', 'dead_units', 'loss_not_decreasing'],
  effort: 'setting',
  change: (experiment) => {
    const optimizer = experiment.training.optimizer as { learning_rate: number };
    const learning_rate = Number((optimizer.learning_rate / 10).toPrecision(6));
    return withTraining(experiment, { optimizer: { ...optimizer, learning_rate } as never });
  },
};
