/** @file Clipping that rules the training. */

import { POOR } from '../consequences.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { median, runSeries } from '../evidence/run.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { measured, percent, text } from '../wording.ts';

const thresholds = {
  clipped_steps: {
    value: 0.9,
    unit: 'fraction of the probed steps on which clipping engaged',
    source: 'google-research/flood-forecasting#298: how often clipping engages',
    rationale: 'Now and then is what clipping is for; always makes it the step length',
  },
  shrinkage: {
    value: 10,
    unit: 'median norm before clipping / allowed norm (clipped share of the elements, by value)',
    source: 'this project',
    rationale: 'A gradient that is cut a little goes nearly as far as it would',
  },
} as const;

/** The norm that clipping allows, where it is one. */
function allowedNorm(clipping: Readonly<Record<string, unknown>>): number | null {
  return clipping.type === 'global_norm' && typeof clipping.max_norm === 'number' ? clipping.max_norm : null;
}

/** What a step is then. The length of an adaptive optimizer's does not depend on the size that gradients have on all steps. */
function whatIsLeft({ experiment }: Finding): string {
  const { type } = (experiment?.training.optimizer ?? { type: 'sgd' }) as { type: string };
  return type === 'sgd'
    ? 'the limit, not the learning rate, sets how far a step goes'
    : `of each gradient the direction is left. The length of a step is that of ${type}, as without clipping; but batches that ask for much and for little count the same`;
}

export const excessiveClipping = defineRule({
  rule: 'excessive_clipping',
  title: 'Clipping engages all the time',
  description:
    'Fraction of the probed steps on which clipping changed the gradient, and (for global_norm) the median norm before ' +
    'clipping over the allowed one. Harmless where the network learns all the same.',
  needs: ['probed_series', 'experiment'],
  thresholds,
  sources: ['Pascanu et al. 2013, arXiv:1211.5063', 'google-research/flood-forecasting#298'],
  brings_about: ['update_ratio', 'unchanged_parameters', ...POOR],
  is_consequence: true,
  recorded_as: `${EXPERIMENT}, and a series of the run, metric \`clipped_fraction\``,
  quorum: 'majority',
  examine(trace, { training: { gradient_clipping: clipping } }, limits) {
    if (clipping === null) return notEvaluable('the training does not clip gradients');
    const series = runSeries(trace, 'clipped_fraction');
    if (series === null) return notEvaluable('no update was measured');
    const share = series.values.filter((fraction) => fraction > 0).length / series.values.length;
    const allowed = allowedNorm(clipping);
    const shrinkage =
      allowed === null ? null : median([...trace.gradient_norms].filter(Number.isFinite)) / allowed;
    return {
      kind: 'evaluated',
      found: share > limits.clipped_steps && (shrinkage === null || shrinkage > limits.shrinkage),
      severity: severityByProgress(trace),
      layers: [],
      first_step: share > limits.clipped_steps ? (series.steps[0] ?? null) : null,
      evidence: [
        evidenceOf('clipped_steps', share, limits.clipped_steps, 'fraction of steps'),
        ...(shrinkage === null ? [] : [evidenceOf('shrinkage', shrinkage, limits.shrinkage, 'ratio')]),
      ],
    };
  },
  explain(finding) {
    const steps = percent(measured(finding, 'clipped_steps')?.value ?? 0);
    const shrinkage = measured(finding, 'shrinkage')?.value;
    const factor = shrinkage == null ? '' : `, in the median to 1/${text(shrinkage)} of its norm`;
    return `The gradient is cut on ${steps} of the steps${factor}: ${whatIsLeft(finding)}.`;
  },
});
