/** @file A loss that still falls when the steps are used up. */
import { lossRatio, type Trace } from '../../statistics/index.ts';
import {
  attainable,
  isCutShort,
  isShortInTraining,
  isUnlearnable,
  type ProgressState,
  progressOf,
  samplesOfReference,
  trialBeyondReference,
} from '../evidence/progress.ts';
import { gainOfHigherRate, notLearnedAt, RATE_GAIN } from '../evidence/rate.ts';
import { distanceMoved, FEW_STEPS, lossWindows, UNTOUCHED } from '../evidence/run.ts';
import { bySchedule } from '../evidence/schedule.ts';
import { defineRule, evidenceOf, type Finding } from '../rule.ts';
import { beyond, isBeyond, measured, ofConstant, percent, text } from '../wording.ts';

const thresholds = {
  loss_ratio: {
    value: 0.5,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'AUTOTRAINER (ICSE 2021): slow convergence counts only where accuracy is poor',
    rationale: 'Below half of chance the network has learned, however slowly',
  },
  higher_rate_gain: {
    value: RATE_GAIN,
    unit: 'loss less that of a trial at ten (a hundred) times the learning rate, after as many steps / constant loss',
    source: 'this project',
    rationale: 'A rate is too low where a higher one learns in as many steps what it does not',
  },
  distance_moved: {
    value: UNTOUCHED,
    unit: 'all updates of a kernel together / its weights, of the kernel that moved most',
    source: 'this project; Karpathy, A Recipe for Training Neural Networks: 1e-3 of the weights a step',
    rationale: 'Weights that are still nine tenths of what was drawn have not been trained yet',
    healthy: 'above',
  },
  steps: {
    value: FEW_STEPS,
    unit: 'steps',
    source: 'this project: the shortest scenario of a training that learns has 60',
    rationale: 'Nothing can be said of a network in so few steps but that they are few',
    healthy: 'above',
  },
} as const;

/** Says whether the rate is too low or the training too short: trials at higher rates tell them apart. */
function byRate(finding: Finding): string {
  const gain = measured(finding, 'higher_rate_gain');
  if (gain === undefined) return '';
  const { factor, steps } = finding.traces.map(gainOfHigherRate)[0] ?? { factor: 10, steps: 0 };
  return isBeyond(gain)
    ? ` The learning rate is too low for these steps: at ${text(factor)} times the rate the loss is lower by ${ofConstant(gain.value)} after ${steps} of them.`
    : notLearnedAt(finding.traces[0], (factor) => factor > 1);
}

const fallOf = (third: number | undefined, last: number | undefined): number =>
  third === undefined || last === undefined ? 0 : 1 - last / third;

/** Where it ends, and whether it was still on its way. */
function stateOf(finding: Finding): string {
  const ratio = ofConstant(measured(finding, 'loss_ratio')?.value);
  const fall = measured(finding, 'fall_of_the_last_quarter')?.value ?? 0;
  if (finding.traces.some(isCutShort))
    return `The steps ended before the learning did: at ${ratio}, which still fell by ${percent(fall)} over the last quarter: more steps would take it further.`;
  return fall > 0
    ? `It ends at ${ratio}, and hardly moves: over the last quarter it fell by ${percent(fall)}.`
    : `It ends at ${ratio}, and no longer falls.`;
}

/** Where half of what there is to learn was not: whether that is for want of steps, or of their length. */
const isShort = (state: ProgressState, isSlow: boolean, isFew: boolean): boolean =>
  state === 'learning' ||
  (state === 'stuck' && (isSlow || isFew)) ||
  // In so few steps the reference has shown nothing either.
  (state === 'limited' && isFew);

export const slowConvergence = defineRule({
  rule: 'slow_convergence',
  title: 'The training converges slowly',
  description:
    'Found where the final loss is above its threshold, or far above what the reference reaches, and the mean loss of the last quarter of the steps still lies clearly below that ' +
    'of the third, or loss and accuracy have both moved the right way: the steps ended before the learning did. Or where a trial at ' +
    'ten or a hundred times the learning rate learns what this one does not, or all updates together are a small part of the weights, or there were only a few steps.',
  needs: [],
  thresholds,
  sources: ['AUTOTRAINER (ICSE 2021)'],
  brings_about: ['loss_not_decreasing', 'underfitting'],
  is_consequence: true,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { state, loss_ratio } = progressOf(trace);
    const [, , third, last] = lossWindows(trace, 4);
    const gain = gainOfHigherRate(trace)?.gain ?? null;
    const faster = gain !== null && gain > limits.higher_rate_gain;
    const moved = distanceMoved(trace);
    const untouched = moved !== null && moved < limits.distance_moved;
    const few = trace.steps_completed < limits.steps;
    // The batches may have been learned though inference shows nothing of it.
    const inBatches = last === undefined ? loss_ratio : lossRatio(trace, last);
    const fall = fallOf(third, last);
    return {
      kind: 'evaluated',
      found:
        (isShortInTraining(trace) && (isCutShort(trace) || faster)) ||
        (Math.min(loss_ratio, inBatches) > limits.loss_ratio && isShort(state, faster || untouched, few)),
      severity: isUnlearnable(trace) ? 'info' : 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('loss_ratio', loss_ratio, limits.loss_ratio, 'final loss / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('fall_of_the_last_quarter', fall, null, 'relative to the third quarter'),
        evidenceOf('steps', trace.steps_completed, limits.steps, 'steps'),
        ...(moved === null
          ? []
          : [evidenceOf('distance_moved', moved, limits.distance_moved, 'updates / weights')]),
        ...(gain === null
          ? []
          : [evidenceOf('higher_rate_gain', gain, limits.higher_rate_gain, 'difference / constant loss')]),
      ],
    };
  },
  explain(finding) {
    const [trace] = finding.traces;
    const reference = trace === undefined ? null : attainable(trace);
    const more =
      reference === null || trialBeyondReference(trace as Trace) !== null
        ? ''
        : ` A plain network reaches ${ofConstant(reference)} ${samplesOfReference(trace as Trace)}.`;
    const moved = measured(finding, 'distance_moved');
    const still =
      moved !== undefined && isBeyond(moved)
        ? ` All updates together are ${percent(moved.value ?? 0)} of the weights: they are still as they were drawn.`
        : '';
    const steps = beyond(finding, 'steps');
    const few = steps === undefined ? '' : ` It was trained for ${steps.value} steps only.`;
    return `${stateOf(finding)}${few}${trace === undefined ? '' : bySchedule(trace, finding.experiment)}${still}${more}${byRate(finding)}`;
  },
});
