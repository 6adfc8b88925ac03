/** @file Rare classes that the network does not see. */
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';

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
  },
} as const;

export const classImbalance = defineRule({
  rule: 'class_imbalance',
  title: 'Rare classes are missed',
  description:
    'Largest over smallest class of the training split, and the smallest recall of a class on it after training. Found ' +
    'where both are beyond their thresholds.',
  needs: [],
  thresholds,
  sources: ['Amazon SageMaker Debugger, ClassImbalance', 'He & Garcia 2009, Learning from imbalanced data'],
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const counts = trace.data.class_counts?.filter((count) => count > 0) ?? [];
    if (counts.length < 2 || trace.class_recall === null) {
      return notEvaluable('the targets are not one of several classes for each sample');
    }
    const ratio = Math.max(...counts) / Math.min(...counts);
    const present = trace.class_recall.filter((_, label) => (trace.data.class_counts?.[label] ?? 0) > 0);
    const recall = Math.min(...present);
    return {
      kind: 'evaluated',
      found: ratio > limits.class_ratio && recall < limits.smallest_recall,
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('class_ratio', ratio, limits.class_ratio, 'ratio'),
        evidenceOf('smallest_recall', recall, limits.smallest_recall, 'fraction', {
          step: trace.steps_completed,
        }),
      ],
    };
  },
  explain: () =>
    'A class with few samples is mostly taken for a larger one: the mean loss hardly notices it.',
});
