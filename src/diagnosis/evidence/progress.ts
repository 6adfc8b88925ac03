/** @file How far a training got: the context without which no symptom is a disease. */
import { lossRatio, type Trace } from '../../statistics/index.ts';
import type { Severity } from '../check.ts';
import type { Threshold } from '../rule.ts';

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

export type ProgressState = 'learned' | 'learning' | 'stuck' | 'diverged';

export interface TrainingProgress {
  readonly state: ProgressState;
  /** Final data loss (no penalty) over the constant loss, both above the targets’ own entropy; ∞ where it diverged. */
  readonly loss_ratio: number;
}

function mean(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += values[i] as number;
  return sum / (to - from);
}

/** Whether the mean batch loss of the last quarter lies clearly below that of the third. */
function stillFalls(trace: Trace): boolean {
  const { data_losses: losses, least_loss } = trace;
  const quarter = Math.floor(losses.length / 4);
  if (quarter < 2) return false;
  const third = mean(losses, losses.length - 2 * quarter, losses.length - quarter);
  const last = mean(losses, losses.length - quarter, losses.length);
  return last - least_loss < (third - least_loss) * (1 - STILL_FALLING.value);
}

export function progressOf(trace: Trace): TrainingProgress {
  const ratio = lossRatio(trace);
  if (trace.divergence !== null || !Number.isFinite(ratio)) {
    return { state: 'diverged', loss_ratio: Number.POSITIVE_INFINITY };
  }
  if (ratio < LEARNED.value) return { state: 'learned', loss_ratio: ratio };
  return { state: stillFalls(trace) ? 'learning' : 'stuck', loss_ratio: ratio };
}

const severityOf: Readonly<Record<ProgressState, Severity>> = {
  diverged: 'critical',
  stuck: 'critical',
  learning: 'warning',
  learned: 'info',
};

/** A symptom weighs as much as it keeps the training from its goal: a network that learns well is not sick. */
export const severityByProgress = (trace: Trace): Severity => severityOf[progressOf(trace).state];
