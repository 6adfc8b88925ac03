/** @file How far one update moves a kernel: too far, or nowhere. */

import { findSeries, type Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { gainOfHigherRate, gainOfLowerRate, notLearnedAt, RATE_GAIN } from '../evidence/rate.ts';
import { kernelUpdates, median, weightsOf } from '../evidence/run.ts';
import { bySchedule } from '../evidence/schedule.ts';
import { UPDATES } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { beyond, measured, ofConstant, percent, text } from '../wording.ts';

const thresholds = {
  largest_ratio: {
    value: 0.1,
    unit: 'median update norm / weight norm of a kernel',
    source: 'TheDeepChecker: log10(update/weight) above −1; torchmortem: above 0.1',
    rationale: 'Ten such updates replace the weights',
  },
  smallest_ratio: {
    value: 1e-5,
    unit: 'median update norm / weight norm of a kernel',
    source: 'torchmortem: below 1e-5; TheDeepChecker: log10(update/weight) below −4',
    rationale: 'A hundred thousand such updates would be needed to change the weights',
    healthy: 'above',
  },
  lower_rate_gain: {
    value: RATE_GAIN,
    unit: 'loss less that of a trial at a tenth (a hundredth) of the learning rate, after as many steps / constant loss',
    source: 'this project',
    rationale: 'A rate is too high where a lower one learns what it does not',
  },
} as const;

interface KernelRatio {
  readonly layer: string | null;
  readonly ratio: number;
}

/** Kernels that move: what is frozen, or gets no gradient, has no step to be judged. */
function ratios(trace: Trace): KernelRatio[] {
  return kernelUpdates(trace, 'ratio_to_weight').flatMap(({ layer, tensor, values }) => {
    // A kernel that starts at 0 has no size of its own: what it has is its updates.
    const weights = findSeries(trace, layer, weightsOf(tensor), 'l2_norm');
    if (weights?.values[0] === 0) return [];
    const finite = [...values].filter((ratio) => Number.isFinite(ratio) && ratio > 0);
    return finite.length === 0 ? [] : [{ layer, ratio: median(finite) }];
  });
}

const ofWeights = (ratio: number): string =>
  ratio > 1 ? `${text(ratio)} times as large as its weights` : `${percent(ratio)} of its weights`;

/** Where that was measured. */
function tooLow(trace: Trace, threshold: number): string[] {
  const higher = gainOfHigherRate(trace);
  if (higher === null || higher.gain <= threshold) return [];
  return [
    `The learning rate is too low: at ${text(higher.factor)} times the rate the loss is lower by ${ofConstant(higher.gain)} after ${higher.steps} steps.`,
  ];
}

export const updateRatio = defineRule({
  rule: 'update_ratio',
  title: 'Updates are too large or too small for the weights',
  description:
    'Median over the probed steps of ‖update‖/‖kernel‖, for every kernel. About 1e-3 is usual. Read from the updates, ' +
    'so it holds for adaptive optimizers too. Where the network has not learned, also the loss of a trial at a tenth of the learning rate. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Karpathy, A Recipe for Training Neural Networks', 'TheDeepChecker', 'torchmortem 2026'],
  brings_about: ['unchanged_parameters', ...POOR],
  is_consequence: true,
  recorded_as: UPDATES,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const kernels = ratios(trace);
    if (kernels.length === 0) return notEvaluable('no update of a kernel with a scale was measured');
    const lower = gainOfLowerRate(trace);
    const gain = lower?.gain ?? null;
    const slower = gain !== null && gain > limits.lower_rate_gain;
    const large = kernels.filter(({ ratio }) => ratio > limits.largest_ratio);
    const small = kernels.filter(({ ratio }) => ratio < limits.smallest_ratio);
    const sorted = kernels.toSorted((a, b) => a.ratio - b.ratio);
    const [least, most] = [sorted[0] as KernelRatio, sorted.at(-1) as KernelRatio];
    const evidence = [
      evidenceOf('largest_ratio', most.ratio, limits.largest_ratio, 'ratio', { layer: most.layer }),
      evidenceOf('smallest_ratio', least.ratio, limits.smallest_ratio, 'ratio', { layer: least.layer }),
      ...(lower === null
        ? []
        : [
            evidenceOf('lower_rate_gain', lower.gain, limits.lower_rate_gain, 'difference / constant loss'),
            evidenceOf('lower_rate_loss_ratio', lower.loss_ratio, null, 'loss / constant loss'),
          ]),
    ];
    return {
      kind: 'evaluated',
      found: large.length + small.length > 0 || slower,
      severity: severityByProgress(trace),
      layers: [...new Set([...large, ...small].flatMap(({ layer }) => (layer === null ? [] : [layer])))],
      first_step: 0,
      evidence,
    };
  },
  explain(finding) {
    const [large, small] = [beyond(finding, 'largest_ratio'), beyond(finding, 'smallest_ratio')];
    const gain = beyond(finding, 'lower_rate_gain');
    const rate = finding.traces.map(gainOfLowerRate)[0];
    // The request's own, which the evidence carries where lower rates were tried.
    const least = measured(finding, 'lower_rate_gain')?.threshold ?? thresholds.lower_rate_gain.value;
    return [
      ...(gain === undefined
        ? []
        : [
            `The learning rate is too high: at ${text(rate?.factor ?? 0.1)} of it the loss is lower by ${ofConstant(gain.value)} after ${rate?.steps} steps.`,
          ]),
      ...(large === undefined
        ? []
        : [
            `An update of ${large.layer} is ${ofWeights(large.value ?? 0)} in the median: ${(large.value ?? 0) > 1 ? 'each of them replaces' : 'a few of them replace'} what was learned.`,
            // Where lower rates were tried and do not help, lowering it is not all that is to be done.
            ...(gain === undefined ? [notLearnedAt(finding.traces[0], (factor) => factor < 1).trim()] : []),
          ]),
      ...(small === undefined
        ? []
        : [
            `An update of ${small.layer} is ${text(small.value)} of its weights in the median: it would take ${text(1 / (small.value ?? 1))} such steps to change them.`,
            ...finding.traces.slice(0, 1).map((trace) => bySchedule(trace, finding.experiment).trim()),
            ...(gain === undefined
              ? finding.traces.slice(0, 1).flatMap((trace) => tooLow(trace, least))
              : [
                  'That alone would look like too low a rate; but a lower one learns, so little gradient is left at this one.',
                ]),
          ]),
    ]
      .filter((sentence) => sentence !== '')
      .join(' ');
  },
});
