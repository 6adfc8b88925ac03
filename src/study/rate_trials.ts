/** @file Other learning rates: whether a training that has not learned is too fast, or too slow. */
import { learnsWithTrial, progressOf } from '../diagnosis/index.ts';
import { type Experiment, firstSteps, planExperiment } from '../experiment/index.ts';
import { optimizerKind } from '../network/index.ts';
import { lossRatio, type RateTrial, type Trace, validationRatio } from '../statistics/index.ts';
import type { StudyDependencies } from './dependencies.ts';

const FACTORS = [0.01, 0.1, 10, 100];
/** A training that diverged is not too slow. */
const LOWER = [0.01, 0.1];
const NEAREST = [0.1, 10];
/** Of the steps: a rate that is much better shows it early, and whoever learns late is told by the nearest rates. */
const SHORT = 1 / 4;
/** At most so many are run, a part of the steps each and then all of them. */
export const RATE_TRIALS = FACTORS.length + NEAREST.length;

/** Mean data loss of the last fifth of the first steps, or of those that were made before it stopped early; ∞ where it diverged in them. */
function endOf({ steps_completed: completed, divergence, ...trace }: Trace, most: number): number {
  if (divergence !== null && completed < most) return Number.POSITIVE_INFINITY;
  const steps = Math.min(completed, most);
  const tail = trace.data_losses.subarray(steps - Math.ceil(steps / 5), steps);
  const ratio = lossRatio(trace, tail.reduce((sum, loss) => sum + loss, 0) / tail.length);
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

const atRate = (experiment: Experiment, factor: number, steps: number): Experiment => {
  const { training, ...rest } = firstSteps(experiment, steps);
  const optimizer = training.optimizer as { type: string; learning_rate: number };
  const learning_rate = factor * optimizer.learning_rate;
  return {
    ...rest,
    training: { ...training, optimizer: { ...optimizer, learning_rate } as typeof training.optimizer },
    diagnostics: { ...experiment.diagnostics, probe_every: 0 },
  };
};

/** A rate may be so large or small that there is no other one on that side. */
export const isTaken = ({ training }: Experiment): boolean =>
  optimizerKind.schema.safeParse(training.optimizer).success;

/** Its loss on samples that it was not trained on; ∞ where it diverged. */
function validationOf({ divergence, ...trace }: Trace): number | null {
  const loss = trace.final.validation_data_loss;
  if (loss === null) return null;
  const ratio = validationRatio(trace, loss);
  return divergence !== null || Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

/** One training at each rate, for so many steps, on the seed of the baseline. */
function trials(
  experiment: Experiment,
  baseline: Trace,
  factors: readonly number[],
  steps: number,
  train: StudyDependencies['train'],
): Promise<RateTrial[]> {
  const { seed } = baseline;
  const own_ratio = endOf(baseline, steps);
  const suffix = steps < baseline.steps_planned ? '' : '_all_steps';
  const others = factors.map((factor) => ({ factor, changed: atRate(experiment, factor, steps) }));
  return Promise.all(
    others
      .filter(({ changed }) => isTaken(changed))
      .map(async ({ factor, changed }) => {
        const run = `learning_rate_x${factor}${suffix}/${seed}`;
        const trial = { run, experiment: changed, seed, keepWeights: false };
        const trace = await train(trial);
        return {
          factor,
          steps,
          loss_ratio: endOf(trace, steps),
          own_ratio,
          validation_ratio: validationOf(trace),
        };
      }),
  );
}

/**
 * Trainings at other learning rates without probes; none where the network has learned. A quarter of the steps first; all of them at
 * the nearest rates where no quarter tells, since some networks begin to learn late.
 * @param baseline of the first seed, held against its reference
 */
export async function runRateTrials(
  experiment: Experiment,
  baseline: Trace,
  train: StudyDependencies['train'],
): Promise<RateTrial[]> {
  const { state } = progressOf(baseline);
  if (state === 'learned' || state === 'limited') return [];
  const { steps } = planExperiment(experiment);
  const factors = state === 'diverged' ? LOWER : FACTORS;
  const short = await trials(experiment, baseline, factors, Math.ceil(SHORT * steps), train);
  if (state === 'diverged' || short.some((one) => learnsWithTrial(baseline, one))) return short;
  return [...short, ...(await trials(experiment, baseline, NEAREST, steps, train))];
}
