/** @file The same training with another number of steps, or of samples in each: everything that counts steps or passes follows. */
import { pinSchedule, stretchSchedule } from '../network/index.ts';
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

/** Its first steps, at the rates that they have in the whole training; nothing ends them sooner. */
export function firstSteps(experiment: Experiment, steps: number): Experiment {
  const plan = planExperiment(experiment);
  const { epochs: _epochs, ...training } = experiment.training;
  const context = { totalSteps: plan.steps, stepsPerEpoch: plan.steps_per_epoch };
  const learning_rate_schedule =
    steps === plan.steps
      ? training.learning_rate_schedule
      : pinSchedule(training.learning_rate_schedule, context);
  return { ...experiment, training: { ...training, steps, learning_rate_schedule, early_stopping: null } };
}

/** A share of its steps, over which the learning rate takes its whole course. */
export const shortened = (experiment: Experiment, share: number): Experiment =>
  share === 1
    ? experiment
    : withLength(experiment, { steps: Math.max(1, Math.round(planExperiment(experiment).steps * share)) });
