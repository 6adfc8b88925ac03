/** @file The positive control of a study: a plain network that is known to learn, trained once on the same data. */

import { isCutShort } from '../diagnosis/index.ts';
import {
  type Experiment,
  planExperiment,
  type ReferenceKind,
  referenceExperiments,
} from '../experiment/index.ts';
import { lossRatio, lossScale, type Reference, type Trace, validationRatio } from '../statistics/index.ts';
import type { StudyDependencies } from './dependencies.ts';
import type { Report } from './report.ts';

export interface ReferenceRun {
  readonly kind: ReferenceKind;
  readonly experiment: Experiment;
  readonly trace: Trace;
  /** Of the samples that the experiment sees, the part that it saw. */
  readonly seen: number;
}

/** Samples, step by step. */
function samplesSeen(experiment: Experiment): number {
  const { steps, batch_size } = planExperiment(experiment);
  return steps * batch_size;
}

/** Numbers of steps are whole: a batch more or less is not fewer samples. */
const WHOLE = 0.95;

const finite = ({ divergence }: Trace, ratio: number): number =>
  divergence !== null || Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;

/** What the rules are told of it. */
export const referenceFacts = ({ kind, experiment, trace, seen }: ReferenceRun): Reference => ({
  kind,
  training_ratio: finite(trace, lossRatio(trace)),
  validation_ratio:
    trace.final.validation_data_loss === null
      ? null
      : finite(trace, validationRatio(trace, trace.final.validation_data_loss)),
  validation_samples: planExperiment(experiment).validation_samples,
  ...(seen < 1 ? { seen, still_falls: isCutShort(trace) } : {}),
});

const ofSeed = (kind: ReferenceKind, index: number, seed: number): string =>
  index === 0 ? `reference/${seed}` : `reference_${kind}/${seed}`;

/** What it reaches on the samples of both splits. */
const reachedBy = (run: ReferenceRun): number => {
  const { training_ratio, validation_ratio } = referenceFacts(run);
  return Math.max(training_ratio, validation_ratio ?? training_ratio);
};

/** On the first seed; of several the one that gets furthest. @returns null where no plain network takes these data */
export async function runReference(
  experiment: Experiment,
  train: StudyDependencies['train'],
): Promise<ReferenceRun | null> {
  const { seed } = experiment;
  const runs: ReferenceRun[] = [];
  for (const [index, reference] of referenceExperiments(experiment).entries()) {
    const run = ofSeed(reference.kind, index, seed);
    const trace = await train({ run, experiment: reference.experiment, seed, keepWeights: false });
    const seen = samplesSeen(reference.experiment) / samplesSeen(experiment);
    runs.push({ ...reference, trace, seen: seen < WHOLE ? seen : 1 });
  }
  return runs.toSorted((a, b) => reachedBy(a) - reachedBy(b))[0] ?? null;
}

/** @param baseline of the same seed, whose scale the losses are told in: the reference's own targets may be standardized */
export function referenceRow(run: ReferenceRun | null, baseline: Trace): Report['reference'] {
  if (run === null) return null;
  const { kind, experiment, trace } = run;
  const { training_ratio, validation_ratio } = referenceFacts(run);
  const inItsScale = (ratio: number | null, least: number) =>
    ratio === null ? null : least + ratio * lossScale(baseline);
  const { steps, batch_size } = planExperiment(experiment);
  return {
    kind,
    seed: trace.seed,
    steps,
    batch_size,
    loss: inItsScale(training_ratio, baseline.least_loss),
    accuracy: trace.final.accuracy,
    validation_loss: inItsScale(validation_ratio, baseline.validation_least_loss ?? baseline.least_loss),
    validation_accuracy: trace.final.validation_accuracy,
    original_scale: baseline.final.original && trace.final.original ? { ...trace.final.original } : null,
    loss_ratio: training_ratio,
    validation_loss_ratio: validation_ratio,
  };
}
