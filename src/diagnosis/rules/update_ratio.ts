/** @file How far one update moves a kernel: too far, or nowhere. */
import type { Trace } from '../../statistics/index.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { kernelUpdates, median } from '../evidence/run.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';

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
  },
} as const;

interface KernelRatio {
  readonly layer: string | null;
  readonly ratio: number;
}

function ratios(trace: Trace): KernelRatio[] {
  return kernelUpdates(trace, 'ratio_to_weight').flatMap(({ layer, values }) => {
    const finite = [...values].filter(Number.isFinite);
    return finite.length === 0 ? [] : [{ layer, ratio: median(finite) }];
  });
}

export const updateRatio = defineRule({
  rule: 'update_ratio',
  title: 'Updates are too large or too small for the weights',
  description:
    'Median over the probed steps of ‖update‖/‖kernel‖, for every kernel. About 1e-3 is usual. Read from the updates, ' +
    'so it holds for adaptive optimizers too. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Karpathy, A Recipe for Training Neural Networks', 'TheDeepChecker', 'torchmortem 2026'],
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const measured = ratios(trace);
    if (measured.length === 0) return notEvaluable('no update of a kernel with a scale was measured');
    const large = measured.filter(({ ratio }) => ratio > limits.largest_ratio);
    const small = measured.filter(({ ratio }) => ratio < limits.smallest_ratio);
    const sorted = measured.toSorted((a, b) => a.ratio - b.ratio);
    const [least, most] = [sorted[0] as KernelRatio, sorted.at(-1) as KernelRatio];
    const evidence = [
      evidenceOf('largest_ratio', most.ratio, limits.largest_ratio, 'ratio', { layer: most.layer }),
      evidenceOf('smallest_ratio', least.ratio, limits.smallest_ratio, 'ratio', { layer: least.layer }),
    ];
    return {
      kind: 'evaluated',
      found: large.length + small.length > 0,
      severity: severityByProgress(trace),
      layers: [...new Set([...large, ...small].flatMap(({ layer }) => (layer === null ? [] : [layer])))],
      first_step: 0,
      // What was found stands first.
      evidence: large.length === 0 && small.length > 0 ? evidence.toReversed() : evidence,
    };
  },
  explain: (layers) =>
    `The updates of ${layers.slice(0, 3).join(', ')} are out of proportion to the weights: they replace them, or do not move them.`,
});
