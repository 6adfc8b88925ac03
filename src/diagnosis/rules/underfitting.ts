/** @file A training that stands still far above what the data allow. */
import { attainable, progressOf } from '../evidence/progress.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, text } from '../wording.ts';

const thresholds = {
  reference_gap: {
    value: 0.25,
    unit: '(final training loss − loss that the reference reaches) / constant loss',
    source: 'this project; the reference is a plain network on the same data and as many samples',
    rationale: 'A quarter of what there is to learn was there to be had, and was not',
  },
  loss_ratio: {
    value: 0.5,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'AUTOTRAINER (ICSE 2021): poor accuracy is what makes a symptom a fault',
    rationale: 'Below half of chance the network has learned',
  },
} as const;

export const underfitting = defineRule({
  rule: 'underfitting',
  title: 'The network stays far above what can be reached',
  description:
    'Final training loss against the larger of the training and validation loss of the reference, a plain network on the same data ' +
    'with as many samples seen. Found where the training stands still above half of a constant’s loss and the reference got much further.',
  needs: [],
  thresholds,
  sources: ['Karpathy, A Recipe for Training Neural Networks: a baseline that is known to work'],
  brings_about: [],
  is_consequence: true,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const limit = attainable(trace);
    if (limit === null) return notEvaluable('no reference was trained on these data');
    const { state, loss_ratio } = progressOf(trace);
    if (state === 'diverged') return notEvaluable('the training diverged');
    const gap = loss_ratio - limit;
    return {
      kind: 'evaluated',
      found: state === 'stuck' && gap > limits.reference_gap && loss_ratio > limits.loss_ratio,
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('reference_gap', gap, limits.reference_gap, 'difference / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('loss_ratio', loss_ratio, limits.loss_ratio, 'final loss / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('reference_loss_ratio', limit, null, 'loss / constant loss'),
      ],
    };
  },
  explain: (finding) =>
    `It ends at ${text(measured(finding, 'loss_ratio')?.value)} of the loss of a constant prediction and no longer falls, where a plain ` +
    `network reaches ${text(measured(finding, 'reference_loss_ratio')?.value)} with as many samples: the data allow more than this network, ` +
    'with these settings, takes from them.',
});
