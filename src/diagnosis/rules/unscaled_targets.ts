/** @file Targets on a scale that a fresh network is far from. */
import { findSeries, type Trace } from '../../statistics/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { beyond, measured, text } from '../wording.ts';

const thresholds = {
  target_rms: {
    value: 30,
    unit: 'root mean square of the targets of one output',
    source: 'LeCun et al. 1998, Efficient BackProp, section 4.5',
    rationale:
      'A fresh network answers with numbers of size 1; the first gradients are as large as what is missing',
  },
  smallest_target_rms: {
    value: 1e-2,
    unit: 'root mean square of the targets of one output',
    source: 'this project',
    rationale: 'A fresh network’s own scatter is a hundred times as large as what it is to tell apart',
    healthy: 'above',
  },
  target_offset: {
    value: 10,
    unit: '|mean| / standard deviation of the targets of one output',
    source: 'this project',
    rationale: 'The loss is almost all offset: what tells the samples apart is a hundredth of it',
  },
} as const;

/** The size of the answers before any step; null where it was not measured. */
function firstAnswers({ layers, series }: Trace): number | null {
  const output = layers.find(({ is_output }) => is_output)?.name;
  const value = output === undefined ? undefined : findSeries({ series }, output, 'output', 'rms')?.values[0];
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** What the targets are to a network that was not trained yet. */
function besideAnswers(finding: Finding): string {
  const answers = measured(finding, 'first_answers')?.value;
  const rms = measured(finding, 'target_rms')?.value ?? 0;
  if (answers == null)
    return 'A fresh network answers with numbers near 0, so that the loss is nearly all distance to be made up, and gradients are of its size';
  if (answers < rms)
    return `Before any step the answers are of size ${text(answers)}, so that the loss is nearly all distance to be made up, and gradients are of its size`;
  return `Before any step the answers are even larger, of size ${text(answers)}: what makes them so comes first, and behind it the loss will be nearly all distance to the targets`;
}

export const unscaledTargets = defineRule({
  rule: 'unscaled_targets',
  title: 'The targets are not scaled',
  description:
    'Root mean square of the training targets of a regression (of the output where it is largest), and their mean over their ' +
    'standard deviation. Harmless where the network learns all the same.',
  needs: [],
  thresholds,
  sources: ['LeCun et al. 1998, Efficient BackProp'],
  brings_about: ['inference_mismatch', ...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { target_moments: moments } = trace.data;
    if (moments === null)
      return notEvaluable('the targets are classes or probabilities, or were not measured');
    const rms = Math.hypot(moments.mean, moments.std);
    const offset = moments.std === 0 ? 0 : Math.abs(moments.mean) / moments.std;
    const small = rms > 0 && rms < limits.smallest_target_rms;
    const answers = firstAnswers(trace);
    return {
      kind: 'evaluated',
      found: rms > limits.target_rms || small || offset > limits.target_offset,
      severity: severityByCost(trace),
      layers: [],
      first_step: 0,
      evidence: [
        evidenceOf('target_rms', rms, limits.target_rms, 'root mean square', { step: 0 }),
        evidenceOf('smallest_target_rms', rms, limits.smallest_target_rms, 'root mean square', { step: 0 }),
        evidenceOf('target_offset', offset, limits.target_offset, 'ratio', { step: 0 }),
        ...(answers === null
          ? []
          : [evidenceOf('first_answers', answers, null, 'root mean square', { step: 0 })]),
      ],
    };
  },
  explain(finding) {
    const rms = text(measured(finding, 'target_rms')?.value);
    const offset = beyond(finding, 'target_offset');
    const answers = measured(finding, 'first_answers')?.value;
    if (beyond(finding, 'smallest_target_rms') !== undefined)
      return `The targets are of size ${rms}: a fresh network answers with numbers ${answers == null ? 'near 1' : `of size ${text(answers)}`}, beside which they all look like 0. Train on standardized targets.`;
    const scatter =
      offset === undefined ? '' : `, ${text(offset.value)} times what they differ by among themselves`;
    return `The targets are of size ${rms}${scatter}. ${besideAnswers(finding)}. Train on standardized targets.`;
  },
});
