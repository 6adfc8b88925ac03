/** @file The loss does not get below that of a constant prediction. */
import type { Trace } from '../../statistics/index.ts';
import {
  ABOVE_CONSTANT,
  attainable,
  isUnlearnable,
  LEARNABLE,
  progressOf,
  samplesOfReference,
  trialBeyondReference,
} from '../evidence/progress.ts';
import { defineRule } from '../rule.ts';
import { measured, ofConstant, percent, text } from '../wording.ts';

const thresholds = {
  loss_ratio: {
    value: LEARNABLE.value,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'this project; SageMaker Debugger and AUTOTRAINER compare with earlier steps instead',
    rationale:
      'A falling loss may only be the bias learning the class frequencies: the constant is what counts',
  },
} as const;

/** More right than by always answering the largest class, by more than chance. */
const CLEARLY = 0.1;

/** Of a constant's loss: what a reference leaves that learned. */
const isFar = (reference: number): boolean => reference < LEARNABLE.value;

/** What the loss says of the answers; they may be right all the same. Whether they are too sure shows where it is above a constant's. */
function apart(trace: Trace | undefined, ratio: number): string {
  const counts = trace?.data.class_counts ?? [];
  const most = Math.max(0, ...counts) / counts.reduce((sum, count) => sum + count, 0);
  const accuracy = trace?.final.accuracy ?? 0;
  return accuracy - most > CLEARLY
    ? `${percent(accuracy)} of the answers are right, but ${ratio > 1 ? 'it is too sure of the others' : 'it is hardly surer of these than of the others'}`
    : ratio > ABOVE_CONSTANT
      ? 'it is worse than not looking at the input'
      : 'it tells the samples no better apart than a constant';
}

/** What there is to learn, by the reference, or by this network at another rate. */
function whatIsThere(trace: Trace): string {
  const reference = attainable(trace);
  if (reference === null) return '';
  const ends = `ends at ${ofConstant(reference)}`;
  if (isUnlearnable(trace))
    return ` The reference, a plain network that is known to learn, ${ends}: these data, or so few samples of them, allow no more.`;
  const trial = trialBeyondReference(trace);
  const plain = ` The reference, a plain network on the same data ${samplesOfReference(trace)}, ${ends}`;
  if (trial !== null)
    return `${plain}; but at ${text(trial.factor)} times the learning rate this network learns in ${trial.steps} steps: there is something to learn.`;
  return `${plain}: ${isFar(reference) ? 'there is something to learn' : 'it learns a little, and was not at its end'}.`;
}

export const lossNotDecreasing = defineRule({
  rule: 'loss_not_decreasing',
  title: 'The loss does not decrease',
  description:
    'Final training loss (whole split, no penalty) over the loss of the best prediction that ignores the input. Found ' +
    'where it is above the threshold and no longer falls, or where the training diverged.',
  needs: [],
  thresholds,
  sources: ['Amazon SageMaker Debugger, LossNotDecreasing'],
  brings_about: ['underfitting'],
  is_consequence: true,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { state, loss_ratio } = progressOf(trace);
    return {
      kind: 'evaluated',
      found: loss_ratio > limits.loss_ratio && state !== 'learning',
      // What the reference cannot learn either is no fault of the network.
      severity: isUnlearnable(trace) ? 'info' : 'critical',
      layers: [],
      first_step: null,
      evidence: [
        {
          metric: 'loss_ratio',
          layer: null,
          step: trace.steps_completed,
          value: loss_ratio,
          threshold: limits.loss_ratio,
          unit: 'ratio',
        },
      ],
    };
  },
  explain(finding) {
    const ratio = measured(finding, 'loss_ratio')?.value;
    const [trace] = finding.traces;
    const limit = trace === undefined ? '' : whatIsThere(trace);
    if (ratio == null || !Number.isFinite(ratio))
      return `The training ended in numbers that are not finite.${limit}`;
    return `After all steps the loss is ${ofConstant(ratio)}: ${apart(trace, ratio)}.${limit}`;
  },
});
