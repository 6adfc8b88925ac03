/** @file Inputs on a scale that no initializer is made for. */

import type { Trace } from '../../statistics/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { beyond, text } from '../wording.ts';

const thresholds = {
  input_rms: {
    value: 10,
    unit: 'root mean square of all inputs',
    source: 'AUTOTRAINER (ICSE 2021): mean |input| ≥ 10; DeepDiagnosis: inputs outside [−1, 1]',
    rationale:
      'Initializers keep a variance of 1 at 1; at a hundred the first layer is saturated or explodes',
  },
  smallest_input_rms: {
    value: 1e-2,
    unit: 'root mean square of all inputs',
    source: 'this project',
    rationale: 'Inputs this small leave the biases to decide',
    healthy: 'above',
  },
  feature_scale_ratio: {
    value: 100,
    unit: 'largest / median standard deviation of the features',
    source: 'LeCun et al. 1998, Efficient BackProp, section 4.3',
    rationale: 'The loss is as ill-conditioned as the square of this ratio',
  },
} as const;

/** A normalization that the inputs meet first brings them on its own scale. */
function normalizesInputs({ layers }: Trace): boolean {
  const names = new Set(layers.map(({ name }) => name));
  const first = layers.filter(({ inputs }, i) => inputs?.some((input) => !names.has(input)) ?? i === 0);
  return first.length > 0 && first.every(({ type }) => /_norm$/.test(type));
}

export const unscaledInputs = defineRule({
  rule: 'unscaled_inputs',
  title: 'The inputs are not scaled',
  description:
    'Root mean square of the training inputs, and the largest over the median standard deviation of ' +
    'their features (of plain vectors). Harmless where the network learns all the same, or normalizes its inputs itself.',
  needs: [],
  thresholds,
  sources: ['LeCun et al. 1998, Efficient BackProp', 'AUTOTRAINER (ICSE 2021)'],
  // Numbers of the wrong size meet weights that were drawn for numbers of size 1.
  brings_about: ['poor_initialization', 'inference_mismatch', ...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: '`input_rms`: the root mean square of the training inputs',
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const { input_rms, feature_scale_ratio } = trace.data;
    if (input_rms === null) return notEvaluable('the inputs are tokens, or were not measured');
    const off =
      input_rms > limits.input_rms ||
      input_rms < limits.smallest_input_rms ||
      (feature_scale_ratio ?? 1) > limits.feature_scale_ratio;
    return {
      kind: 'evaluated',
      found: off,
      severity: normalizesInputs(trace) ? 'info' : severityByCost(trace),
      layers: [],
      first_step: 0,
      evidence: [
        evidenceOf('input_rms', input_rms, limits.input_rms, 'root mean square', { step: 0 }),
        evidenceOf('smallest_input_rms', input_rms, limits.smallest_input_rms, 'root mean square', {
          step: 0,
        }),
        ...(feature_scale_ratio === null
          ? []
          : [
              evidenceOf('feature_scale_ratio', feature_scale_ratio, limits.feature_scale_ratio, 'ratio', {
                step: 0,
              }),
            ]),
      ],
    };
  },
  explain(finding) {
    const large = beyond(finding, 'input_rms');
    const small = beyond(finding, 'smallest_input_rms');
    const uneven = beyond(finding, 'feature_scale_ratio');
    if (small?.value === 0)
      return 'All inputs are 0, so that no sample differs from another: nothing but the biases can be learned. Look at how the data were read.';
    const size = large ?? small;
    return [
      ...(size === undefined
        ? []
        : [
            `The inputs are of size ${text(size.value)} where initial weights are made for 1: ` +
              (large === undefined
                ? 'outputs and gradients of the first layer are as much too small, and beside its biases they hardly count.'
                : 'outputs and gradients of the first layer are as much too large.'),
          ]),
      ...(uneven === undefined
        ? []
        : [
            `One feature varies ${text(uneven.value)} times as much as the median one: no learning rate suits both.`,
          ]),
    ].join(' ');
  },
});
