/** @file What a remedy has to make better: the training loss, or what the finding is about where that is another. */
import { type LabelRecall, lossRatio, type Trace, validationRatio } from '../statistics/index.ts';

export const goals = ['final_loss', 'validation_loss', 'missed_rare_class', 'training_error'] as const;
export type Goal = (typeof goals)[number];

/**
 * Findings under which the training loss means little, gravest first: it is the wrong loss; it counts rare classes for little,
 * or, weighed, is another loss; it is low already.
 */
const ownGoals: readonly (readonly [rule: string, goal: Goal])[] = [
  ['loss_output_mismatch', 'training_error'],
  ['class_imbalance', 'missed_rare_class'],
  ['overfitting', 'validation_loss'],
];

/** Smaller changes of an accuracy are noise. */
export const ACCURACY_NOISE = 0.02;

/**
 * Whether a goal can become better on a majority of the seeds: a training that makes hardly an error has none to lose, however much
 * better its loss becomes.
 */
function hasRoom(goal: Goal, traces: readonly Trace[]): boolean {
  if (goal !== 'training_error' && goal !== 'missed_rare_class') return true;
  if (goal === 'training_error' && traces.some(({ final }) => final.accuracy === null)) return false;
  const wrong = traces.filter((trace) => goalValue(goal, trace) > ACCURACY_NOISE);
  return wrong.length * 2 > traces.length || traces.length === 0;
}

/** Of a constant's loss: half of the gap by which the rule calls a network overfitted. */
const SOME_GAP = 0.25;

/** Whether the validation loss lies above the training loss on every split. */
const isGapOnEvery = (traces: readonly Trace[]): boolean =>
  traces.every((trace) => {
    const { validation_data_loss: validation } = trace.final;
    return validation !== null && validationRatio(trace, validation) - lossRatio(trace) > SOME_GAP;
  });

/**
 * Whether it is what the treatment is for. With few validation samples a single one makes a gap: where it is not there on every split,
 * and something else is wrong, that comes first.
 */
const isAim = (rule: string, rules: readonly string[], traces: readonly Trace[]): boolean =>
  rules.includes(rule) &&
  (rule !== 'overfitting' || rules.every((other) => other === rule) || isGapOnEvery(traces));

/**
 * @param rules the findings that are treated
 * @param traces of the baseline: where its errors leave no room, losses are compared by their share of a constant's, whatever loss
 * takes the place of another
 */
export function goalOf(rules: readonly string[], traces: readonly Trace[]): Goal {
  const goal = ownGoals.find(([rule]) => isAim(rule, rules, traces))?.[1] ?? 'final_loss';
  return hasRoom(goal, traces) ? goal : 'final_loss';
}

/**
 * Losses beyond this many times a constant's are all alike: the training is lost. Without a bound, one control arm that by
 * chance did not diverge where the baseline did would be better by infinity, and no remedy could beat it.
 */
const LOST = 10;

/** In units of what a constant is wrong by, so that losses of targets on another scale, or weighed, can be compared. */
function bounded(
  loss: number | null,
  trace: Trace,
  ratioOf: (trace: Trace, loss: number) => number = lossRatio,
): number {
  if (trace.divergence !== null || loss === null) return LOST;
  const ratio = ratioOf(trace, loss);
  return Number.isNaN(ratio) ? LOST : Math.min(LOST, ratio);
}

/**
 * Of several labels the mean: one alone, of hundreds, would hide what becomes of the others. Of each the value that is found less: who
 * answers with the rare one everywhere misses none of it, and has learned nothing. Null where no label has two values.
 */
function missedLabels(labels: readonly LabelRecall[]): number | null {
  const varied = labels.filter(({ samples }) => samples > 0);
  if (varied.length === 0) return null;
  const found = varied.map(({ recall, others_recall = 1 }) => Math.min(recall, others_recall));
  return 1 - found.reduce((sum, least) => sum + least, 0) / found.length;
}

function missedRareClass({ class_recall, class_steps, label_recall, data }: Trace): number | null {
  if (label_recall !== undefined) return missedLabels(label_recall);
  if (class_recall === null) return null;
  const present = class_recall.filter((_, label) => ((class_steps ?? data.class_counts)?.[label] ?? 0) > 0);
  return 1 - present.reduce((least, recall) => Math.min(least, recall), 1);
}

/** The smaller the better; 1 is a constant's loss. */
export function goalValue(goal: Goal, trace: Trace): number {
  const { final, divergence } = trace;
  if (goal === 'validation_loss') return bounded(final.validation_data_loss, trace, validationRatio);
  if (goal === 'missed_rare_class') return divergence === null ? (missedRareClass(trace) ?? 1) : 1;
  if (goal === 'training_error') return divergence === null ? 1 - (final.accuracy ?? 0) : 1;
  return bounded(final.data_loss, trace);
}

/** What an effect on the goal is called. */
export const goalMetrics: Readonly<Record<Goal, string>> = {
  final_loss: 'final_loss_ratio',
  validation_loss: 'validation_loss_ratio',
  missed_rare_class: 'missed_rare_class',
  training_error: 'training_error',
};
