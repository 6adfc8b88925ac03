/** @file When a loss is good enough: within a margin of the best that is known to be reached. */
import { type Experiment, resolveLoss } from '../experiment/index.ts';
import type { Arm, Goal } from '../remedies/index.ts';

/** Differences that other seeds make as well: of the value, and of what a constant is wrong by. */
const [RELATIVE, OF_CONSTANT] = [0.1, 0.02];

/** Losses that grow with the square of a small error. */
const SQUARED: readonly string[] = ['mean_squared_error', 'huber', 'log_cosh'];

/** Whether the goal is an error, or the square of one. */
export type Scale = 'linear' | 'squared';

export const scaleOf = (goal: Goal, experiment: Experiment): Scale =>
  (goal === 'final_loss' || goal === 'validation_loss') && SQUARED.includes(resolveLoss(experiment).type)
    ? 'squared'
    : 'linear';

export interface Margin {
  readonly relative: number;
  /** Of a constant's loss. */
  readonly absolute: number;
}

/**
 * What a loss may lie above this one. Squared losses are compared by their roots: two hundredths of a constant's squared error are an
 * error of a seventh of the targets' deviation, several times what a good network leaves.
 */
export function marginAt(target: number, scale: Scale): Margin {
  if (scale === 'linear') return { relative: RELATIVE, absolute: OF_CONSTANT };
  const squared = (Math.sqrt(Math.max(0, target)) + OF_CONSTANT) ** 2 - Math.max(0, target);
  return { relative: RELATIVE, absolute: Math.min(OF_CONSTANT, squared) };
}

export function isWithin(value: number, target: number, scale: Scale): boolean {
  if (target === Number.POSITIVE_INFINITY) return true;
  const { relative, absolute } = marginAt(target, scale);
  return value <= target + Math.max(relative * Math.abs(target), absolute);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of fewer validation samples the reference's one run tells little. */
const MIN_VALIDATION = 30;

/** The reference's validation loss over a constant's, on the first seed; ∞ where it says nothing. */
export function referenceValidation({ traces }: Arm): number {
  const reached = traces.flatMap(({ reference }) =>
    reference === null || reference.validation_samples < MIN_VALIDATION
      ? []
      : (reference.validation_ratio ?? []),
  );
  return reached.length === 0 ? Number.POSITIVE_INFINITY : mean(reached);
}

/** What the reference learner reaches, in the units of the goal; ∞ where it says nothing about this goal, or learned nothing. */
export function referenceValue(goal: Goal, { traces }: Arm): number {
  const reached = traces.flatMap(({ reference }) => {
    if (reference === null) return [];
    if (goal === 'final_loss') return [reference.training_ratio];
    return goal === 'validation_loss' && reference.validation_ratio !== null
      ? [reference.validation_ratio]
      : [];
  });
  return reached.length === 0 ? Number.POSITIVE_INFINITY : mean(reached);
}
