/** @file The same weights and samples in training mode and in inference mode: batch statistics and dropout against averages. */
import type { DataSplits } from '../data/index.ts';
import type { ModeComparison } from '../statistics/index.ts';
import { names } from './compile.ts';
import type { Evaluator } from './evaluator.ts';
import type { Stepper } from './step.ts';
import { accuracyOf, countRight, type TargetCoding } from './targets.ts';

/** Enough samples for a mean; as many batches as hold them. */
const [SAMPLES, MAX_BATCHES] = [512, 16];

/** Weights and running averages stay as they are. */
export async function compareModes(
  stepper: Stepper,
  evaluator: Evaluator,
  { training }: DataSplits,
  coding: TargetCoding,
  step: number,
  batchSize: number,
): Promise<ModeComparison> {
  const batches = Math.min(MAX_BATCHES, Math.ceil(Math.min(SAMPLES, training.count) / batchSize));
  const seen: number[] = [];
  let [loss, right, total] = [0, 0, 0];
  let isCounted = true;
  for (let k = 0; k < batches; k++) {
    const { indices, dataLoss } = await stepper.compute(step + k, true);
    loss += dataLoss / batches;
    const found = countRight(stepper.output(names.prediction), stepper.mask, training, indices, coding);
    if (found === null) isCounted = false;
    right += found?.right ?? 0;
    total += found?.total ?? 0;
    seen.push(...indices);
  }
  const inference = await evaluator.evaluate(training, Int32Array.from(seen));
  return {
    step,
    samples: seen.length,
    training: { loss, accuracy: isCounted ? accuracyOf({ right, total }) : null },
    inference,
  };
}
