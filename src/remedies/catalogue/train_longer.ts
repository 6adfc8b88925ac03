/** @file More steps. */
import { planExperiment } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Lengths within a schedule, which is stretched with the training. */
const lengths: ReadonlySet<string> = new Set(['decay_steps', 'step_size']);

function stretch<T>(schedule: T, factor: number): T {
  if (typeof schedule !== 'object' || schedule === null) return schedule;
  const entries = Object.entries(schedule).map(([key, value]) => [
    key,
    lengths.has(key) ? Math.round(Number(value) * factor) : stretch(value, factor),
  ]);
  return Object.fromEntries(entries) as T;
}

export const trainLonger = defineRemedy({
  remedy: 'train_longer',
  title: 'Train longer',
  rationale: 'A loss that is still falling when the steps run out has not shown what the network can learn.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 8.1.3', 'Hoffer et al. 2017, arXiv:1705.08741'],
  treats: ['slow_convergence', 'underfitting', 'inference_mismatch', 'loss_not_decreasing', 'noisy_gradient'],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the steps', values: [3, 10, 30] },
  change: (experiment, factor) => {
    const { epochs: _epochs, ...training } = experiment.training;
    const steps = Math.round(planExperiment(experiment).steps * factor);
    const learning_rate_schedule = stretch(training.learning_rate_schedule, factor);
    // Who stops early leaves the steps unused: the best weights are kept all the same.
    const { early_stopping: stopping } = training;
    const early_stopping = stopping === null ? null : { ...stopping, patience: null };
    return withTraining({ ...experiment, training }, { steps, learning_rate_schedule, early_stopping });
  },
});
