/** @file Learning rate schedules as code. */
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { scheduleKind } from '../network/index.ts';

const PLATEAU = `class ReduceOnPlateau:
    def __init__(self, drop, patience, min_delta, min_factor, steps_per_epoch):
        self.drop, self.patience, self.min_delta, self.min_factor = drop, patience, min_delta, min_factor
        self.steps_per_epoch, self.factor, self.best, self.waited, self.losses = steps_per_epoch, 1.0, float("inf"), 0, []
    def observe(self, loss):
        self.losses.append(loss)
        if len(self.losses) < self.steps_per_epoch: return
        mean, self.losses = sum(self.losses) / len(self.losses), []
        self.waited = 0 if mean < self.best - self.min_delta else self.waited + 1
        self.best = min(self.best, mean)
        if self.waited >= self.patience:
            self.factor, self.waited = max(self.factor * self.drop, self.min_factor), 0
`;

export function scheduleOf(
  experiment: Experiment,
  stepsPerEpoch: number,
): { lines: string[]; plateau: boolean } {
  const plan = scheduleKind.resolve(experiment.training.learning_rate_schedule);
  const { factor, plateau } = plan.python(
    { totalSteps: planExperiment(experiment).steps, stepsPerEpoch },
    'k',
  );
  if (factor === '1') return { lines: [], plateau: false };
  return {
    lines: [
      ...(plateau === undefined ? [] : [PLATEAU, `plateau = ${plateau}`]),
      `factor = lambda k: ${factor}  # on the learning rate of step k`,
    ],
    plateau: plateau !== undefined,
  };
}
