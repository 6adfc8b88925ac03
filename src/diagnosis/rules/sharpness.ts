/** @file Curvature beyond what the learning rate can follow. */

import { severityByProgress } from '../evidence/progress.ts';
import { lastOf } from '../evidence/run.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, text } from '../wording.ts';

const thresholds = {
  sharpness_ratio: {
    value: 2,
    unit: 'largest Hessian eigenvalue / stability limit 2(1 + momentum)/learning rate',
    source: 'Cohen et al. 2021, arXiv:2103.00065: training hovers about the limit itself',
    rationale:
      'At the limit networks still train (the edge of stability); at twice the limit they do not descend',
  },
} as const;

export const sharpness = defineRule({
  rule: 'sharpness',
  title: 'The loss is too sharp for the learning rate',
  description:
    'Largest Hessian eigenvalue at the end of the training (power iteration on gradient differences, on one batch) over ' +
    '2(1 + momentum)/learning rate, beyond which gradient descent on a quadratic diverges. For sgd only: adaptive ' +
    'optimizers have another limit in every direction. Harmless where the network learns all the same.',
  needs: ['probed_series', 'experiment'],
  thresholds,
  sources: ['Cohen et al. 2021, arXiv:2103.00065', 'Schneider et al. 2021, arXiv:2102.06604'],
  brings_about: ['unstable_loss', 'slow_convergence', 'loss_not_decreasing', 'underfitting'],
  is_consequence: true,
  recorded_as: `${EXPERIMENT}, and a series of the run, metric \`sharpness\`: the largest Hessian eigenvalue after the last step`,
  quorum: 'majority',
  examine(trace, { training: { optimizer } }, limits) {
    const {
      type,
      momentum = 0,
      learning_rate,
    } = optimizer as {
      type: string;
      momentum?: number;
      learning_rate: number;
    };
    if (type !== 'sgd')
      return notEvaluable(`the limit 2/learning rate holds for gradient descent, not for ${type}`);
    const measured = lastOf(trace, 'sharpness');
    if (measured === null)
      return notEvaluable('the training diverged before its end, or has too many parameters');
    if (!Number.isFinite(measured.value)) return notEvaluable('a gradient was not finite');
    const ratio = (measured.value * learning_rate) / (2 * (1 + momentum));
    return {
      kind: 'evaluated',
      found: ratio > limits.sharpness_ratio,
      severity: severityByProgress(trace),
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('sharpness_ratio', ratio, limits.sharpness_ratio, 'ratio', { step: measured.step }),
        evidenceOf('sharpness', measured.value, null, 'loss / weight²', { step: measured.step }),
      ],
    };
  },
  explain(finding) {
    const limit = measured(finding, 'sharpness_ratio')?.threshold ?? 1;
    return (
      `The loss curves ${text(measured(finding, 'sharpness_ratio')?.value)} times as sharply as steps of this learning rate can follow ` +
      `(training still goes on up to ${text(limit)} times): they jump from side to side instead of descending.`
    );
  },
});
