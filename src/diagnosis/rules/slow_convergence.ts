/** @file A loss that still falls when the steps are used up. */
import { progressOf } from '../evidence/progress.ts';
import { lossWindows } from '../evidence/run.ts';
import { defineRule, evidenceOf } from '../rule.ts';

const thresholds = {
  loss_ratio: {
    value: 0.5,
    unit: 'final training loss / loss of the best constant prediction',
    source: 'AUTOTRAINER (ICSE 2021): slow convergence counts only where accuracy is poor',
    rationale: 'Below half of chance the network has learned, however slowly',
  },
} as const;

export const slowConvergence = defineRule({
  rule: 'slow_convergence',
  title: 'The training converges slowly',
  description:
    'Found where the mean loss of the last quarter of the steps still lies clearly below that of the third, and the ' +
    'final loss is above the threshold: the steps ended before the learning did.',
  needs: [],
  thresholds,
  sources: ['AUTOTRAINER (ICSE 2021)'],
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { state, loss_ratio } = progressOf(trace);
    const [, , third, last] = lossWindows(trace, 4);
    const fall = third === undefined || last === undefined ? 0 : 1 - last / third;
    return {
      kind: 'evaluated',
      found: state === 'learning' && loss_ratio > limits.loss_ratio,
      severity: 'warning',
      layers: [],
      first_step: null,
      evidence: [
        evidenceOf('loss_ratio', loss_ratio, limits.loss_ratio, 'final loss / constant loss', {
          step: trace.steps_completed,
        }),
        evidenceOf('fall_of_the_last_quarter', fall, null, 'relative to the third quarter'),
      ],
    };
  },
  explain: () =>
    'The loss was still falling when the steps ran out: it learns, but too slowly for this budget.',
});
