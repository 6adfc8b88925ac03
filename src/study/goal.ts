/** @file When a loss is good enough: within a margin of the best that is known to be reached. */
import type { Arm, Goal } from '../remedies/index.ts';

/** Differences that other seeds make as well: of the value, and of a constant's loss. */
export const MARGIN = { relative: 0.1, absolute: 0.02 } as const;

export const isWithin = (value: number, target: number): boolean =>
  value <= target + Math.max(MARGIN.relative * Math.abs(target), MARGIN.absolute);

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
