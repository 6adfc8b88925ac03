/** @file Rare classes that the network does not see. */
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
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

export const classImbalance = defineRule({
  rule: 'class_imbalance',
  title: 'Rare classes are missed',
  description:
    'Largest over smallest class of the training split, and the smallest recall of a class on it after training, two classes of ' +
    'one output included. Found where both are beyond their thresholds; of classes less unequal where the recall is lower still: ' +
    'below its threshold · ln(ratio) / ln(threshold of the ratio).',
  needs: [],
  thresholds,
  sources: ['Amazon SageMaker Debugger, ClassImbalance', 'He & Garcia 2009, Learning from imbalanced data'],
  // A mean loss that hardly hears the rare classes.
  brings_about: ['loss_not_decreasing', 'slow_convergence', 'underfitting', 'noisy_gradient'],
  is_consequence: false,
  recorded_as: '`class_counts` of the training split and `class_recall` on it after the last step',
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const counts = trace.data.class_counts?.filter((count) => count > 0) ?? [];
    if (counts.length < 2 || trace.class_recall === null) {
      return notEvaluable('the targets are not one of several classes for each sample');
    }
    const ratio = Math.max(...counts) / Math.min(...counts);
    const present = trace.class_recall.filter((_, label) => (trace.data.class_counts?.[label] ?? 0) > 0);
    const recall = Math.min(...present);
    const share = Math.min(1, Math.log(ratio) / Math.log(Math.max(limits.class_ratio, LEAST_RATIO)));
    const allowed = limits.smallest_recall * share;
    return {
      kind: 'evaluated',
      found: ratio > LEAST_RATIO && recall < allowed,
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('class_ratio', ratio, limits.class_ratio, 'ratio'),
        evidenceOf('smallest_recall', recall, allowed, 'fraction', {
          step: trace.steps_completed,
        }),
      ],
    };
  },
  explain: (finding) =>
    `The largest class has ${text(measured(finding, 'class_ratio')?.value)} times the samples of the smallest, and of one class only ` +
    `${percent(measured(finding, 'smallest_recall')?.value ?? 0)} are found: a mean over all samples hardly notices it.`,
});
