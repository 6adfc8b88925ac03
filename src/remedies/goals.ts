/** @file What a remedy has to make better: the training loss, or what the finding is about where that is another. */
import type { Trace } from '../statistics/index.ts';

export const goals = ['final_loss', 'validation_loss', 'missed_rare_class'] as const;
export type Goal = (typeof goals)[number];

/** Findings that do not show in the training loss. */
const ownGoals: Readonly<Record<string, Goal>> = {
  overfitting: 'validation_loss',
  class_imbalance: 'missed_rare_class',
};

/** @param rules the findings that are treated */
export function goalOf(rules: readonly string[]): Goal {
  const own = [...new Set(rules.map((rule) => ownGoals[rule] ?? 'final_loss'))];
  return own.length === 1 ? (own[0] as Goal) : 'final_loss';
}

const withoutPenalty = (loss: number | null, { final }: Trace): number =>
  loss === null || Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss - final.penalty;

/** The smaller the better; ∞ where the training diverged. */
export function goalValue(goal: Goal, trace: Trace): number {
  const { final, divergence, class_recall, data } = trace;
  if (divergence !== null) return Number.POSITIVE_INFINITY;
  if (goal === 'validation_loss') return withoutPenalty(final.validation_loss, trace);
  if (goal === 'missed_rare_class' && class_recall !== null) {
    const present = class_recall.filter((_, label) => (data.class_counts?.[label] ?? 0) > 0);
    return 1 - present.reduce((least, recall) => Math.min(least, recall), 1);
  }
  return withoutPenalty(final.loss, trace);
}
