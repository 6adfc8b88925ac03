/** @file Noise that leaves too little of a signal to learn from. */

import { type Experiment, placedLayers } from '../../experiment/index.ts';
import { flattenLayers } from '../../network/index.ts';
import { lossScale } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, named, ofConstant, percent } from '../wording.ts';

const thresholds = {
  dropout_rate: {
    value: 0.7,
    unit: 'largest fraction that a layer drops',
    source:
      'Srivastava et al. 2014, JMLR 15, section A.4: 0.5 to 0.8 of hidden units are kept; UMLAUT (CHI 2021) warns above 0.5',
    rationale: 'Of less than a third of the units a sample shows something else every time',
  },
  noise_gap: {
    value: 0.3,
    unit: '(loss in training mode − loss in inference mode of the same samples) / constant loss',
    source: 'this project',
    rationale: 'A third of what there is to learn is covered by the noise',
  },
} as const;

interface Dropping {
  readonly layer: string;
  readonly rate: number;
}

const dropping = (experiment: Experiment): Dropping[] =>
  flattenLayers(placedLayers(experiment)).flatMap(({ name, type, config }) => {
    const { rate, recurrent_dropout } = config as { rate?: number; recurrent_dropout?: number };
    const dropped = /dropout|drop_path/.test(type) ? rate : recurrent_dropout;
    return dropped === undefined || dropped === 0 ? [] : [{ layer: name, rate: dropped }];
  });

export const excessiveDropout = defineRule({
  rule: 'excessive_dropout',
  title: 'Dropout leaves too little',
  description:
    'The largest dropout rate, and the loss of the same samples with and without the noise after the last step. Found where one of ' +
    'them is beyond its threshold. Harmless where the network learns all the same.',
  needs: ['experiment'],
  thresholds,
  sources: ['Srivastava et al. 2014, JMLR 15', 'UMLAUT (CHI 2021)'],
  // What a batch shows of a unit is chance.
  brings_about: [
    'vanishing_gradient',
    'exploding_gradient',
    'dead_units',
    'rank_collapse',
    'update_ratio',
    'excessive_clipping',
    'sharpness',
    ...POOR,
  ],
  is_consequence: false,
  recorded_as: EXPERIMENT,
  quorum: 'majority',
  examine(trace, experiment, limits) {
    const drops = dropping(experiment);
    if (drops.length === 0) return notEvaluable('no layer drops anything');
    const worst = drops.reduce((a, b) => (b.rate > a.rate ? b : a));
    const end = trace.modes.at(-1);
    const gap = end === undefined ? null : (end.training.loss - end.inference.loss) / lossScale(trace);
    const heavy = drops.filter(({ rate }) => rate > limits.dropout_rate);
    const noisy = gap !== null && gap > limits.noise_gap;
    return {
      kind: 'evaluated',
      found: heavy.length > 0 || noisy,
      severity: severityByCost(trace),
      layers: (heavy.length > 0 ? heavy : [worst]).map(({ layer }) => layer),
      first_step: 0,
      evidence: [
        evidenceOf('dropout_rate', worst.rate, limits.dropout_rate, 'fraction', { layer: worst.layer }),
        ...(gap === null
          ? []
          : [
              evidenceOf('noise_gap', gap, limits.noise_gap, 'difference / constant loss', {
                step: end?.step ?? null,
              }),
            ]),
      ],
    };
  },
  explain(finding) {
    const rate = measured(finding, 'dropout_rate')?.value ?? 0;
    const gap = measured(finding, 'noise_gap')?.value;
    const cost =
      gap == null || gap < 0.05 ? '' : ` The noise alone costs ${ofConstant(gap)} in training mode.`;
    return (
      `Of what reaches ${named(finding.layers)}, ${percent(1 - rate)} is kept in a step: from one step to the next a sample looks ` +
      `like another one, and the gradient is mostly about what was dropped.${cost}`
    );
  },
});
