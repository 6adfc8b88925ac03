/** @file A loss that reads the output otherwise than the last layer means it. Known before training. */
import { lossMismatch } from '../../experiment/index.ts';
import { defineRule, evidenceOf } from '../rule.ts';

const thresholds = {
  mismatches: {
    value: 0,
    unit: 'mismatches between the last activation, the loss and the targets',
    source: 'UMLAUT (CHI 2021): missing softmax; NeuraLint (TOSEM 2021)',
    rationale:
      'A softmax of a softmax cannot be sure, and a bounded output cannot reach targets beyond its bounds',
    fixed: true,
  },
} as const;

export const lossOutputMismatch = defineRule({
  rule: 'loss_output_mismatch',
  title: 'Loss and output do not fit',
  description:
    'The activation of the last layer against the loss (probabilities for *_cross_entropy on probabilities, logits for ' +
    'those on logits, a range that holds the targets for regression). Static: the weights do not matter.',
  needs: ['experiment'],
  thresholds,
  sources: ['UMLAUT (CHI 2021)', 'NeuraLint (TOSEM 2021)'],
  quorum: 'any',
  examine(trace, experiment) {
    const mismatch = lossMismatch(experiment, trace.data.target_range);
    return {
      kind: 'evaluated',
      found: mismatch !== null,
      severity: mismatch?.severity ?? 'info',
      layers: trace.layers.filter(({ is_output }) => is_output).map(({ name }) => name),
      first_step: 0,
      evidence: [evidenceOf(mismatch?.what ?? 'mismatches', Number(mismatch !== null), 0, 'mismatches')],
    };
  },
  explain: () =>
    'The last activation and the loss do not belong together: what the loss takes for logits, probabilities or values is something else.',
});
