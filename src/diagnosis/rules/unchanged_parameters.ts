/** @file Parameters that no update changed. */

import type { Experiment } from '../../experiment/index.ts';
import { findSeries, type Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { cutOff } from '../evidence/cut_off.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { runSeries, weightsOf } from '../evidence/run.ts';
import { UPDATES } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, named, text } from '../wording.ts';

const thresholds = {
  largest_change: {
    value: 1e-7,
    unit: 'largest update norm / weight norm of all probed steps',
    source: 'Amazon SageMaker Debugger, UnchangedTensor (rtol 1e-5 over three steps)',
    rationale: 'Below a float32 rounding of the weights, so nothing is learned',
    healthy: 'above',
  },
} as const;

/** Of layers that a stop of the gradient freezes: that is meant, and what it leaves to the others. */
function frozen(layers: readonly string[], experiment: Experiment | null): string | null {
  if (experiment === null || layers.length === 0) return null;
  const cut = cutOff(experiment);
  if (!layers.every((layer) => cut.layers.has(layer))) return null;
  const given = experiment.training.initial_weights !== null;
  return (
    `they lie before ${named(cut.stops)}, which passes no gradient back. What comes behind has to do with what they give: ` +
    (given
      ? 'the weights they were given do not tell these targets apart. Train them as well, without the stop.'
      : 'weights as they were drawn. Give them trained ones (`training.initial_weights`), or train them as well, without the stop.')
  );
}

/** The largest gradient that reached the kernels of these layers; null where none was measured. */
function gradientOf({ series }: Trace, layers: readonly string[]): number | null {
  const norms = series.filter(
    ({ layer, tensor, metric }) =>
      layer !== null &&
      layers.includes(layer) &&
      tensor?.endsWith('kernel.gradient') === true &&
      metric === 'l2_norm',
  );
  return norms.length === 0 ? null : Math.max(...norms.flatMap(({ values }) => [...values]));
}

/** Why weights do not move at all: no gradient comes, or the step is lost when it is added. */
function whyNot(trace: Trace | undefined, layers: readonly string[]): string {
  const gradient = trace === undefined ? null : gradientOf(trace, layers);
  if (trace === undefined || gradient === null) return 'no update reaches them';
  if (gradient === 0) return 'no gradient reaches them';
  const rates = runSeries(trace, 'learning_rate');
  const rate = rates === null ? '' : ` of ${text(Math.max(...rates.values))}`;
  return `a gradient reaches them, but at a learning rate${rate} its steps are so small that they are lost in the rounding of the weights`;
}

export const unchangedParameters = defineRule({
  rule: 'unchanged_parameters',
  title: 'Parameters do not change',
  description:
    'Kernels whose largest update, of all probed steps, is below rounding. A zero kernel is judged by whether it moves ' +
    'at all. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Amazon SageMaker Debugger, UnchangedTensor'],
  brings_about: POOR,
  is_consequence: true,
  recorded_as: UPDATES,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const updates = trace.series.filter(
      ({ tensor, metric }) => tensor?.endsWith('kernel.update') === true && metric === 'l2_norm',
    );
    const changes = updates.flatMap(({ layer, tensor, values }) => {
      const weights = findSeries(trace, layer, weightsOf(tensor), 'l2_norm');
      const ratios = [...values].map((update, i) =>
        update === 0 ? 0 : update / (weights?.values[i] as number),
      );
      const usable = ratios.filter((ratio) => !Number.isNaN(ratio));
      return usable.length === 0 ? [] : [{ layer, change: Math.max(...usable) }];
    });
    if (changes.length === 0) return notEvaluable('no update of a kernel was measured');
    // Then the loss is 0, and is nothing that was learned.
    const nothingCounts = trace.data.masked_fraction === 1;
    const still = changes.filter(({ change }) => change < limits.largest_change);
    const least = changes.reduce((a, b) => (b.change < a.change ? b : a));
    return {
      kind: 'evaluated',
      found: still.length > 0,
      severity: nothingCounts ? 'critical' : severityByProgress(trace),
      layers: [...new Set(still.flatMap(({ layer }) => (layer === null ? [] : [layer])))],
      first_step: 0,
      evidence: [
        evidenceOf('largest_change', least.change, limits.largest_change, 'ratio', { layer: least.layer }),
        ...(nothingCounts ? [evidenceOf('masked_fraction', 1, null, 'fraction of the time steps')] : []),
      ],
    };
  },
  explain(finding) {
    const change = measured(finding, 'largest_change')?.value;
    const meant = frozen(finding.layers, finding.experiment);
    if (meant !== null)
      return `The weights of ${named(finding.layers)} stayed as they were initialized: ${meant}`;
    const why = measured(finding, 'masked_fraction')
      ? 'every time step of the training samples is masked, so that the loss counts none of them. Look at the padding, and at the `value` of `masking`'
      : change === 0
        ? whyNot(finding.traces[0], finding.layers)
        : `the largest update is ${text(change)} of their size`;
    return `The weights of ${named(finding.layers)} stayed as they were initialized: ${why}.`;
  },
});
