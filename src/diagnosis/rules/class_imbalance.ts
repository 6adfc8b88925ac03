/** @file Rare classes that the network does not see. */
import { type Experiment, learnsInputs } from '../../experiment/index.ts';
import type { LabelRecall, Trace } from '../../statistics/index.ts';
import { progressOf } from '../evidence/progress.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable, type SeedResult } from '../rule.ts';
import { measured, percent, text } from '../wording.ts';

/** Classes whose sizes differ by a smaller factor are balanced, however little of one is found. Chosen by this project: real data sets that pass for balanced reach 1.7 (breast_cancer). */
const LEAST_RATIO = 2.5;

/** Of the time steps of a class: more than this that are taken for the largest class. Less are confused with classes of any size. */
const SWALLOWED = 0.5;

const thresholds = {
  class_ratio: {
    value: 10,
    unit: 'samples of the largest class / of the smallest',
    source: 'Amazon SageMaker Debugger, ClassImbalance: ratio > 10',
    rationale: 'Below, the mean of the losses still hears every class',
  },
  smallest_recall: {
    value: 0.5,
    unit: 'fraction right of the training samples of a class',
    source: 'this project',
    rationale: 'Imbalance by itself does no harm: a class that is mostly missed is what it costs',
    healthy: 'above',
  },
} as const;

type Limits = Readonly<Record<keyof typeof thresholds, number>>;

/** The more unequal the sizes are, the more of the smaller has to be found. */
function allowedRecall(ratio: number, limits: Limits): number {
  const share = Math.min(1, Math.log(ratio) / Math.log(Math.max(limits.class_ratio, LEAST_RATIO)));
  return limits.smallest_recall * share;
}

const isMissed = (ratio: number, recall: number, limits: Limits): boolean =>
  ratio > LEAST_RATIO && recall < allowedRecall(ratio, limits);

/** What is told of a class, or of one of several labels. */
interface Worst {
  readonly index: number;
  readonly ratio: number;
  readonly recall: number;
}

/**
 * Rare words, edges of objects: what is rare among time steps or pixels is often missed by a network that is as good as its data allow.
 * So these count where the network has not come as far as that.
 */
const hasCome = (trace: Trace): boolean => ['learned', 'limited'].includes(progressOf(trace).state);

/** Labels that are not the same for every sample, the one that is found least first; the rarer first of those that are found alike. */
const labelsOf = (labels: readonly LabelRecall[]): Worst[] =>
  labels
    .map(({ samples, others, recall }, index) => ({ index, ratio: others / samples, recall, samples }))
    .filter(({ samples }) => samples > 0)
    .sort((a, b) => a.recall - b.recall || b.ratio - a.ratio);

function examineLabels(trace: Trace, given: readonly LabelRecall[], limits: Limits): SeedResult {
  const labels = labelsOf(given);
  const missed = labels.filter(({ ratio, recall }) => isMissed(ratio, recall, limits));
  const [worst] = missed.length > 0 ? missed : labels;
  if (worst === undefined) return notEvaluable('every label is the same for all samples');
  const step = trace.steps_completed;
  const ofPlaces = given.some(({ of }) => of !== undefined);
  return {
    kind: 'evaluated',
    found: missed.length > 0 && !(ofPlaces && hasCome(trace)),
    severity: 'warning',
    layers: [],
    first_step: null,
    evidence: [
      evidenceOf('class_ratio', worst.ratio, limits.class_ratio, 'ratio'),
      evidenceOf('smallest_recall', worst.recall, allowedRecall(worst.ratio, limits), 'fraction', { step }),
      evidenceOf('missed_labels', missed.length, null, 'labels', { step }),
      evidenceOf('worst_label', worst.index, null, 'index of a label', { step }),
    ],
  };
}

function explainLabels(finding: Finding): string | null {
  const worst = measured(finding, 'worst_label')?.value;
  const missed = measured(finding, 'missed_labels')?.value;
  const labels = finding.traces[0]?.label_recall;
  const label = labels?.[worst ?? -1];
  if (label === undefined || labels === undefined) return null;
  const { rarer, samples, others, of = 'samples' } = label;
  const found = percent(measured(finding, 'smallest_recall')?.value ?? 0);
  const whose = label.of === undefined ? '' : ' whose target varies';
  const counted = `in ${samples} of ${samples + others} ${of}${whose}, and ${found} of these are found`;
  if (labels.length === 1)
    return (
      `The target is ${rarer} ${counted}: a mean over all ${of} hardly notices them, and is low where every answer is ${1 - rarer}. ` +
      `Let a ${rarer} weigh more, or show more of them.`
    );
  return (
    `${text(missed)} of ${labels.length} labels are rare and mostly missed. Label ${worst} is ${rarer} ${counted}: a mean over all answers ` +
    `hardly notices them. Let a ${rarer} of a rare label weigh more, or show such samples more often.`
  );
}

/** What each class weighs in the mean: its samples, times its weight where the training gives one. */
function weightsOf(counts: readonly number[], experiment: Experiment | null): readonly number[] {
  const given = experiment?.training.class_weights ?? null;
  if (given === null) return counts;
  return counts.map((count, index) =>
    given === 'balanced' ? Math.min(count, 1) : count * (given[index] ?? 1),
  );
}

/** Of time steps a class counts where the largest one is the answer in its place, and not one of many that are like it. */
function isSwallowed({ taken_for_largest: taken }: Trace, index: number): boolean {
  return taken === undefined || (taken[index] ?? 0) > SWALLOWED;
}

function examineClasses(trace: Trace, experiment: Experiment | null, limits: Limits): SeedResult {
  const counts = weightsOf(trace.class_steps ?? trace.data.class_counts ?? [], experiment);
  const { class_recall } = trace;
  const largest = Math.max(0, ...counts);
  const classes = counts
    .map((count, index) => ({ index, ratio: largest / count, recall: class_recall?.[index] ?? 0, count }))
    .filter(({ count }) => count > 0);
  if (classes.length < 2 || class_recall === null)
    return notEvaluable('the targets are not one of several classes for each sample');
  const ratio = Math.max(...classes.map((one) => one.ratio));
  const worst = classes.reduce((a, b) => (b.recall < a.recall ? b : a));
  const ofSteps = trace.class_steps !== undefined;
  return {
    kind: 'evaluated',
    found:
      isMissed(ratio, worst.recall, limits) &&
      !(ofSteps && (hasCome(trace) || !isSwallowed(trace, worst.index))),
    severity: 'warning',
    layers: [],
    first_step: null,
    evidence: [
      evidenceOf('class_ratio', ratio, limits.class_ratio, 'ratio'),
      evidenceOf('smallest_recall', worst.recall, allowedRecall(ratio, limits), 'fraction', {
        step: trace.steps_completed,
      }),
      evidenceOf('worst_class', worst.index, null, 'index of a class', { step: trace.steps_completed }),
    ],
  };
}

function explainClasses(finding: Finding): string {
  const index = measured(finding, 'worst_class')?.value ?? 0;
  const trace = finding.traces[0];
  const counts = trace?.class_steps ?? trace?.data.class_counts ?? [];
  const [own, all] = [counts[index] ?? 0, counts.reduce((sum, count) => sum + count, 0)];
  const of = trace?.class_steps === undefined ? 'samples' : 'time steps';
  if (finding.experiment?.training.class_weights)
    return (
      `By their weights the largest class counts ${text(measured(finding, 'class_ratio')?.value)} times as much as the smallest. Class ${index} has ${own} of ${all} ${of}, and ` +
      `${percent(measured(finding, 'smallest_recall')?.value ?? 0)} of them are found: the weighted mean hardly notices it. Use "balanced" weights, or none.`
    );
  return (
    `The largest class has ${text(measured(finding, 'class_ratio')?.value)} times as many ${of} as the smallest. Class ${index} has ${own} of ${all}, and ` +
    `${percent(measured(finding, 'smallest_recall')?.value ?? 0)} of them are found: a mean over all ${of} hardly notices it.`
  );
}

export const classImbalance = defineRule({
  rule: 'class_imbalance',
  title: 'Rare classes are missed',
  description:
    'Largest over smallest class of the training split, and the smallest recall of a class on it after training, two classes of ' +
    'one output included; of classes with weights, by their weighted samples. Found where both are beyond their thresholds; of classes less unequal where the recall is lower still: ' +
    'below its threshold · ln(ratio) / ln(threshold of the ratio). Where a sample has several labels, each of them is two classes of its own. Of time steps and pixels: where the network has not come as far as the reference.',
  needs: [],
  thresholds,
  sources: ['Amazon SageMaker Debugger, ClassImbalance', 'He & Garcia 2009, Learning from imbalanced data'],
  // A mean loss that hardly hears the rare classes.
  brings_about: ['loss_not_decreasing', 'slow_convergence', 'underfitting', 'noisy_gradient'],
  is_consequence: false,
  recorded_as: '`class_counts` of the training split and `class_recall` on it after the last step',
  quorum: 'majority',
  examine(trace, experiment, limits) {
    const { label_recall: labels } = trace;
    // The pixels of an autoencoder are no labels: nobody asks for each of them.
    if (labels !== undefined && !learnsInputs(experiment.data)) return examineLabels(trace, labels, limits);
    return examineClasses(trace, experiment, limits);
  },
  explain: (finding) => explainLabels(finding) ?? explainClasses(finding),
});
