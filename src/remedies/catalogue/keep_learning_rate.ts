/** @file A learning rate that stays as it is. */
import { type Experiment, planExperiment } from '../../experiment/index.ts';
import { scheduleKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Whether the rate never changes, whatever its schedule is called; what waits for a plateau may change it. */
function isConstant(experiment: Experiment): boolean {
  const { learning_rate_schedule: schedule } = experiment.training;
  if (JSON.stringify(schedule).includes('reduce_on_plateau')) return false;
  const { steps, steps_per_epoch } = planExperiment(experiment);
  const { factor } = scheduleKind
    .resolve(schedule)
    .create({ totalSteps: steps, stepsPerEpoch: steps_per_epoch });
  for (let k = 0; k < steps; k++) if (factor(k) !== 1) return false;
  return true;
}

export const keepLearningRate = defineRemedy({
  remedy: 'keep_learning_rate',
  title: 'Keep the learning rate constant',
  rationale:
    'A schedule that lowers the rate before anything is learned, or raises it too slowly, ends the training long before its steps do.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 8.3.1'],
  treats: ['unchanged_parameters', 'slow_convergence', 'underfitting', 'loss_not_decreasing', 'update_ratio'],
  effort: 'setting',
  change: (experiment) =>
    isConstant(experiment)
      ? { reason: 'the learning rate is constant already' }
      : withTraining(experiment, { learning_rate_schedule: 'constant' }),
});
