/** @file Rare classes that the network does not see. */
import { learnsInputs } from '../../experiment/index.ts';
import type { LabelRecall, Trace } from '../../statistics/index.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable, type SeedResult } from '../rule.ts';
import { measured, percent, text } from '../wording.ts';

/** Less is no imbalance, however little of a class is found. */
const LEAST_RATIO = 2.5;

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

interface Label {
  readonly index: number;
  readonly ratio: number;
  readonly recall: number;
}

/** Labels that are not the same for every sample, the one that is found least first; the rarer first of those that are found alike. */
const labelsOf = (labels: readonly LabelRecall[]): Label[] =>
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
  return {
    kind: 'evaluated',
    found: missed.length > 0,
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
  const { rarer, samples, others } = label;
  return (
    `${text(missed)} of ${labels.length} labels are rare and mostly missed. Label ${worst} is ${rarer} in ${samples} of ${samples + others} samples, and ` +
    `${percent(measured(finding, 'smallest_recall')?.value ?? 0)} of these are found: a mean over all answers hardly notices them. ` +
    `Let a ${rarer} of a rare label weigh more, or show such samples more often.`
  );
}

export const classImbalance = defineRule({
  rule: 'class_imbalance',
  title: 'Rare classes are missed',
  description:
    'Largest over smallest class of the training split, and the smallest recall of a class on it after training, two classes of ' +
    'one output included. Found where both are beyond their thresholds; of classes less unequal where the recall is lower still: ' +
    'below its threshold · ln(ratio) / ln(threshold of the ratio). Where a sample has several labels, each of them is two classes of its own.',
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
    const counts = trace.data.class_counts?.filter((count) => count > 0) ?? [];
    if (counts.length < 2 || trace.class_recall === null) {
      return notEvaluable('the targets are not one of several classes for each sample');
    }
    const ratio = Math.max(...counts) / Math.min(...counts);
    const present = trace.class_recall.filter((_, label) => (trace.data.class_counts?.[label] ?? 0) > 0);
    const recall = Math.min(...present);
    return {
      kind: 'evaluated',
      found: isMissed(ratio, recall, limits),
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('class_ratio', ratio, limits.class_ratio, 'ratio'),
        evidenceOf('smallest_recall', recall, allowedRecall(ratio, limits), 'fraction', {
          step: trace.steps_completed,
        }),
      ],
    };
  },
  explain: (finding) =>
    explainLabels(finding) ??
    `The largest class has ${text(measured(finding, 'class_ratio')?.value)} times the samples of the smallest, and of one class only ` +
      `${percent(measured(finding, 'smallest_recall')?.value ?? 0)} are found: a mean over all samples hardly notices it.`,
});
