/** @file How far a training got: the context without which no symptom is a disease. */
import { lossRatio, type RateTrial, type Trace } from '../../statistics/index.ts';
import type { Severity } from '../check.ts';
import type { Threshold } from '../rule.ts';
import { percent } from '../wording.ts';
import { isBetterRate } from './rate.ts';

/** Final training loss over that of the best constant prediction. */
const LEARNED: Threshold = {
  value: 0.5,
  unit: 'final loss / constant loss',
  source: 'AUTOTRAINER (ICSE 2021): its gradient rules fire only when accuracy is poor',
  rationale: 'Below half the loss of a prediction that ignores the input, the network has learned',
};

const STILL_FALLING: Threshold = {
  value: 0.02,
  unit: 'relative decrease of the mean loss from the third to the last quarter of the steps',
  source: 'Amazon SageMaker Debugger, LossNotDecreasing (0.1 % per 10 steps)',
  rationale: 'A loss that still falls by this much has not ended',
};

const AT_LIMIT: Threshold = {
  value: 0.05,
  unit: 'loss above what the reference reaches / constant loss; or a tenth of what it reaches, whichever is more',
  source: 'this project',
  rationale: 'Two seeds of one network differ by as much',
};

/** Below this the reference has learned something. If even the reference has not, the data, or so few samples, hold nothing to learn. */
export const LEARNABLE: Threshold = {
  value: 0.95,
  unit: 'loss of the reference / constant loss',
  source: 'this project',
  rationale:
    'Above, nothing was learned: of 54 sets of mere noise (150 to 1000 samples of 2 to 30 numbers) the reference ended at 1.03 or more',
};

/** With fewer validation samples the reference is judged by its training loss alone: theirs is mostly chance. */
const MIN_VALIDATION = 30;

/**
 * How far a training came, by its final loss.
 * - `learned`: below half of a constant's loss.
 * - `short`: below half too, but far above the reference.
 * - `limited`: not below half, but as far as the reference. The limit is the data, not the network.
 * - `learning`: none of these, but the loss was still falling, or accuracy was gained.
 * - `stuck`: none of these, and the loss stands.
 * - `diverged`: the loss is not finite.
 */
export type ProgressState = 'learned' | 'limited' | 'short' | 'learning' | 'stuck' | 'diverged';

export interface TrainingProgress {
  readonly state: ProgressState;
  /** Final data loss (no penalty) over the constant loss, both above the targets’ own entropy; ∞ where it diverged. */
  readonly loss_ratio: number;
}

const mean = (values: Float64Array, from: number, to: number): number =>
  values.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);

/** Means of the last three quarters of the batch losses; null of a training too short for quarters. */
function lastQuarters({
  data_losses: losses,
}: Trace): readonly [second: number, third: number, last: number] | null {
  const quarter = Math.floor(losses.length / 4);
  if (quarter < 2) return null;
  const [second, third, last] = [3, 2, 1].map((back) =>
    mean(losses, losses.length - back * quarter, losses.length - (back - 1) * quarter),
  ) as [number, number, number];
  return [second, third, last];
}

/** Loss over a constant's loss: above this a training is worse than a constant, and may still be on its way down to it. */
export const ABOVE_CONSTANT = 1.05;

/**
 * Whether the mean batch loss of the last quarter lies clearly below that of the third: counted from the targets, or from a constant's
 * loss on the way there.
 */
function stillFalls(trace: Trace): boolean {
  const quarters = lastQuarters(trace);
  if (quarters === null) return false;
  const [second, third, last] = quarters;
  const falls = (from: number) => last - from < (third - from) * (1 - STILL_FALLING.value);
  const isOnItsWay = lossRatio(trace, last) > ABOVE_CONSTANT && second > third;
  return falls(trace.least_loss) || (isOnItsWay && falls(trace.constant_loss));
}

/**
 * Whether the loss in inference fell, by at least a tenth of what the losses of the batches fell by. Only what shows in inference can be
 * used.
 */
function hasGained(trace: Trace): boolean {
  const [initial, final] = [lossRatio(trace, trace.initial.data_loss), lossRatio(trace)];
  const [, , last] = lastQuarters(trace) ?? [0, 0, trace.final.data_loss];
  return (
    final < initial * (1 - STILL_FALLING.value / 2) &&
    initial - final > 0.1 * (initial - lossRatio(trace, last))
  );
}

/** Whether loss and accuracy move together: the loss falls, however little, and a tenth more of the samples is right than by a constant answer. */
function gainsAccuracy(trace: Trace): boolean {
  const { initial, final, data } = trace;
  const quarters = lastQuarters(trace);
  if (quarters === null || initial.accuracy === null || final.accuracy === null) return false;
  const counts = data.class_counts ?? [];
  const total = Math.max(
    1,
    counts.reduce((sum, count) => sum + count, 0),
  );
  const chance = Math.max(initial.accuracy, ...counts.map((count) => count / total));
  const [, third, last] = quarters;
  return final.accuracy - chance > 0.1 && last < third;
}

/**
 * The loss that the data allow with as many samples: the larger of the reference's training and validation loss. The training loss
 * alone would count what the reference knows by heart. Null without a reference.
 */
export function attainable({ reference }: Trace): number | null {
  if (reference === null) return null;
  const { training_ratio, validation_ratio, validation_samples } = reference;
  return validation_samples < MIN_VALIDATION
    ? training_ratio
    : Math.max(training_ratio, validation_ratio ?? training_ratio);
}

/** Whether this loss is as low as that of the reference, give or take chance. */
function isLimit(trace: Trace, ratio: number): boolean {
  const limit = attainable(trace);
  return limit !== null && limit < LEARNABLE.value && ratio <= limit + Math.max(AT_LIMIT.value, 0.1 * limit);
}

/** Whether even the reference learned nothing. */
const isBeyondReference = (trace: Trace): boolean => (attainable(trace) ?? 0) >= LEARNABLE.value;

/**
 * Whether the network learns at another rate. Where the reference has learned nothing, what counts is what it learns of samples that it
 * was not trained on: a high rate may only learn the others by heart.
 */
export function learnsWithTrial(trace: Trace, trial: RateTrial): boolean {
  if (!isBetterRate(trial)) return false;
  if (!isBeyondReference(trace)) return true;
  const samples = trace.reference?.validation_samples ?? 0;
  return samples < MIN_VALIDATION || (trial.validation_ratio ?? 0) < LEARNABLE.value;
}

/** A trial at another rate that learns what the reference does not; null where there is none, or the reference learns. */
export function trialBeyondReference(trace: Trace): RateTrial | null {
  if (!isBeyondReference(trace)) return null;
  return trace.rate_trials.find((trial) => learnsWithTrial(trace, trial)) ?? null;
}

/**
 * Whether the data hold nothing to learn, as far as can be seen: even the reference learned nothing, nor does this network at another
 * rate. Then slow, noisy or poor learning is no fault of the network. A reference that was shortened, and whose loss was still falling,
 * proves nothing.
 */
export const isUnlearnable = (trace: Trace): boolean =>
  isBeyondReference(trace) && trace.reference?.still_falls !== true && trialBeyondReference(trace) === null;

/** How much of the data the reference saw, in words. */
export function samplesOfReference({ reference }: Trace): string {
  const seen = reference?.seen ?? 1;
  return seen < 1 ? `with ${percent(seen)} of the samples that this training sees` : 'with as many samples';
}

/** How far behind the reference a network has to be for a fault to have cost something. */
const COST: Threshold = {
  value: 0.25,
  unit: 'loss above what the reference reaches / constant loss',
  source: 'this project',
  rationale: 'Networks that differ by less have learned the same',
};

const SHORT: Threshold = {
  value: 0.4,
  unit: COST.unit,
  source: 'this project',
  rationale:
    'The same for a network of which no fault is known: below, it is another network that has learned too',
};

const TIMES: Threshold = {
  value: 3,
  unit: 'loss / loss that the reference reaches',
  source: 'this project',
  rationale: 'Where the reference itself is far from 0, a difference is no failure',
};

function isBehind(trace: Trace, ratio: number, by: Threshold): boolean {
  const limit = attainable(trace);
  return limit !== null && ratio - limit > by.value && ratio > TIMES.value * limit;
}

/**
 * Whether a network is far behind the reference in its last batches too, and not in inference alone. The batches of a network that
 * differs in inference, or that sees samples in order, may be learned well.
 */
export function isShortInTraining(trace: Trace): boolean {
  const [, , last] = lastQuarters(trace) ?? [0, 0, Number.POSITIVE_INFINITY];
  return progressOf(trace).state === 'short' && isBehind(trace, lossRatio(trace, last), SHORT);
}

/** Whether the steps ended before the learning did. */
export const isCutShort = (trace: Trace): boolean => hasGained(trace) && stillFalls(trace);

export function progressOf(trace: Trace): TrainingProgress {
  const ratio = lossRatio(trace);
  if (trace.divergence !== null || !Number.isFinite(ratio)) {
    return { state: 'diverged', loss_ratio: Number.POSITIVE_INFINITY };
  }
  if (ratio < LEARNED.value)
    return { state: isBehind(trace, ratio, SHORT) ? 'short' : 'learned', loss_ratio: ratio };
  if (isLimit(trace, ratio)) return { state: 'limited', loss_ratio: ratio };
  const learning = isCutShort(trace) || (hasGained(trace) && gainsAccuracy(trace));
  return { state: learning ? 'learning' : 'stuck', loss_ratio: ratio };
}

const severityOf: Readonly<Record<ProgressState, Severity>> = {
  diverged: 'critical',
  stuck: 'critical',
  learning: 'warning',
  short: 'warning',
  learned: 'info',
  limited: 'info',
};

/** How grave a symptom is depends on how far the training came: a network that learns well is not sick. */
export const severityByProgress = (trace: Trace): Severity => severityOf[progressOf(trace).state];

/**
 * For faults that are there whatever comes of them, such as a scale or an order of the data. They also count where the network has
 * learned, but far less than the reference.
 */
export function severityByCost(trace: Trace): Severity {
  const { state, loss_ratio } = progressOf(trace);
  return state === 'learned' && isBehind(trace, loss_ratio, COST) ? 'warning' : severityOf[state];
}
