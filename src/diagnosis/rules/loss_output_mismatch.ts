/** @file A loss that reads the output otherwise than the last layer means it. Known before training. */

import { type Experiment, type LossMismatch, lossHint, lossMismatch } from '../../experiment/index.ts';
import type { Trace } from '../../statistics/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { EXPERIMENT } from '../recorded.ts';
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

interface Found extends Pick<LossMismatch, 'what' | 'message'> {
  readonly severity: 'critical' | 'warning' | 'info';
}

/** What does not fit; else what fits and may not be meant, which is harmless where the network learns all the same. */
function found(trace: Trace, experiment: Experiment): Found | null {
  const mismatch = lossMismatch(experiment, trace.data.target_range);
  if (mismatch !== null) return mismatch;
  const hint = lossHint(experiment, trace.data);
  if (hint === null) return null;
  return { ...hint, severity: severityByProgress(trace) === 'info' ? 'info' : 'warning' };
}

export const lossOutputMismatch = defineRule({
  rule: 'loss_output_mismatch',
  title: 'Loss and output do not fit',
  description:
    'The activation of the last layer against the loss (probabilities for *_cross_entropy on probabilities, logits for ' +
    'those on logits, a range that holds the targets for regression), softmax of one unit, softmax twice or between hidden ' +
    'layers, and losses that fit the output but not the task. Static: the weights do not matter, but to the last two.',
  needs: ['experiment'],
  thresholds,
  sources: ['UMLAUT (CHI 2021)', 'NeuraLint (TOSEM 2021)'],
  // The gradient of an output that cannot become right.
  brings_about: ['unscaled_targets', 'poor_initialization', ...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: EXPERIMENT,
  quorum: 'any',
  examine(trace, experiment) {
    const mismatch = found(trace, experiment);
    return {
      kind: 'evaluated',
      found: mismatch !== null,
      severity: mismatch?.severity ?? 'info',
      layers: trace.layers.filter(({ is_output }) => is_output).map(({ name }) => name),
      first_step: 0,
      evidence: [
        evidenceOf(mismatch?.what ?? 'mismatches', Number(mismatch !== null), 0, 'mismatches', {
          healthy: 'below',
        }),
      ],
    };
  },
  explain({ traces, experiment }) {
    const told = traces.flatMap((trace) => (experiment === null ? [] : (found(trace, experiment) ?? [])))[0];
    const message = told?.message ?? 'loss and output do not fit';
    return `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  },
});
