/** @file What the arms of a study are held against each other by. */
import type { Report } from '../../client/index.ts';

export type Effects = Report['remedies'][number]['verification']['effects'];

/** What arms are decided by: numbers that a training that diverged has as well, and one with targets on another scale. */
export const GOALS: Readonly<Record<string, string>> = {
  final_loss_ratio: 'training loss (as a share of a constant’s)',
  validation_loss_ratio: 'validation loss (as a share of a constant’s)',
  missed_rare_class: 'fraction that is missed of the class that is found least',
  training_error: 'fraction of the training samples that is wrong',
};

/** The goal that most arms have; one plot shows one. */
export function goalOf({ remedies, combinations, controls }: Report): string {
  const arms: readonly { readonly verification: { readonly effects: Effects } }[] = [
    ...remedies,
    ...combinations,
    ...controls,
  ];
  const count = (goal: string) =>
    arms.filter(({ verification }) => verification.effects.some(({ metric }) => metric === goal)).length;
  return Object.keys(GOALS).reduce((best, goal) => (count(goal) > count(best) ? goal : best));
}
