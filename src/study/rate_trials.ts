/** @file Other learning rates on half of the steps: whether a training that has not learned is too fast, or too slow. */
import { progressOf } from '../diagnosis/index.ts';
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { optimizerKind } from '../network/index.ts';
import { lossRatio, type RateTrial, type Trace } from '../statistics/index.ts';
import type { StudyDependencies } from './dependencies.ts';

const FACTORS = [0.01, 0.1, 10];
/** At most so many are run. */
export const RATE_TRIALS = FACTORS.length;

/** Mean data loss of the last fifth of the first steps; ∞ where the training did not get that far. */
function endOf(trace: Trace, steps: number): number {
  if (trace.steps_completed < steps) return Number.POSITIVE_INFINITY;
  const tail = trace.data_losses.subarray(steps - Math.ceil(steps / 5), steps);
  const ratio = lossRatio(trace, tail.reduce((sum, loss) => sum + loss, 0) / tail.length);
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

const atRate = (experiment: Experiment, factor: number, steps: number): Experiment => {
  const { epochs: _epochs, ...training } = experiment.training;
  const optimizer = training.optimizer as { type: string; learning_rate: number };
  const learning_rate = factor * optimizer.learning_rate;
  return {
    ...experiment,
    training: { ...training, optimizer: { ...optimizer, learning_rate } as typeof training.optimizer, steps },
    diagnostics: { ...experiment.diagnostics, probe_every: 0 },
  };
};

/** A rate may be so large or small that there is no other one on that side. */
const isTaken = ({ training }: Experiment): boolean =>
  optimizerKind.schema.safeParse(training.optimizer).success;

/**
 * Trainings of half the steps on the first seed, without probes; none where the network has learned.
 * @param baseline of the first seed, held against its reference
 */
export async function runRateTrials(
  experiment: Experiment,
  baseline: Trace,
  train: StudyDependencies['train'],
): Promise<RateTrial[]> {
  if (['learned', 'limited'].includes(progressOf(baseline).state)) return [];
  const steps = Math.ceil(planExperiment(experiment).steps / 2);
  const { seed } = baseline;
  const own_ratio = endOf(baseline, steps);
  const others = FACTORS.map((factor) => ({ factor, changed: atRate(experiment, factor, steps) }));
  return Promise.all(
    others
      .filter(({ changed }) => isTaken(changed))
      .map(async ({ factor, changed }) => {
        const run = `learning_rate_x${factor}/${seed}`;
        const trial = { run, experiment: changed, seed, keepWeights: false };
        return { factor, loss_ratio: endOf(await train(trial), steps), own_ratio };
      }),
  );
}
