/** @file The same training with another number of steps, or of samples in each: everything that counts steps or passes follows. */
import { stretchSchedule } from '../network/index.ts';
import { planExperiment } from './plan.ts';
import type { Experiment } from './schema.ts';

interface Length {
  readonly steps: number;
  /** As it is, unless given. */
  readonly batch_size?: number;
}

/** The learning rate takes the same course over it, and early stopping measures as often. */
export function withLength(experiment: Experiment, { steps, batch_size }: Length): Experiment {
  const before = planExperiment(experiment);
  // Epochs would say another number of steps.
  const { epochs: _epochs, ...training } = experiment.training;
  const longer = steps / before.steps;
  const by = { steps: longer, epochs: (longer * (batch_size ?? before.batch_size)) / before.batch_size };
  const { early_stopping: stopping, learning_rate_schedule: schedule } = training;
  return {
    ...experiment,
    training: {
      ...training,
      steps,
      batch_size: batch_size ?? training.batch_size,
      learning_rate_schedule: stretchSchedule(schedule, by),
      early_stopping: stopping && {
        ...stopping,
        check_every: Math.min(steps, Math.max(1, Math.round(stopping.check_every * longer))),
      },
    },
  };
}

/** A share of its steps. */
export const shortened = (experiment: Experiment, share: number): Experiment =>
  share === 1
    ? experiment
    : withLength(experiment, { steps: Math.max(1, Math.round(planExperiment(experiment).steps * share)) });
