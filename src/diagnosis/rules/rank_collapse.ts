/** @file Outputs that are the same for every sample. */

import type { Experiment } from '../../experiment/index.ts';
import { layersBehind } from '../../network/index.ts';
import { findSeries, type Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { trainedHiddenLayers } from '../evidence/series.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, named, text } from '../wording.ts';

const thresholds = {
  rank_excess: {
    value: 1e-3,
    unit: 'effective rank − 1',
    source: 'torchmortem: effective rank −50 %; Dong et al. 2021, arXiv:2103.03404',
    rationale:
      'Samples differ by less than 2 % of the output’s size: what tells them apart is lost in the layer’s mean',
    healthy: 'above',
  },
} as const;

interface LayerRank {
  readonly layer: string;
  readonly excess: number;
  readonly step: number;
}

/** The larger of the last two measurements: what persists. */
function ranks(trace: Trace): LayerRank[] {
  return trainedHiddenLayers(trace).flatMap(({ name, output_shape }) => {
    const series = findSeries(trace, name, 'output', 'effective_rank');
    const size = output_shape.reduce((product, length) => product * length, 1);
    if (series === undefined || series.values.length < 2 || size < 2) return [];
    const [before, last] = series.values.slice(-2) as unknown as [number, number];
    // Rounding may leave a rank just below 1.
    const excess = Math.max(0, Math.max(before, last) - 1);
    return Number.isNaN(excess) ? [] : [{ layer: name, excess, step: series.steps.at(-2) as number }];
  });
}

/**
 * Collapsed layers behind which all others are collapsed too. Where one is not, the samples are told apart all the same: they come past
 * the collapsed one, over a skip connection, or what little tells them apart was made larger again.
 */
function lost(trace: Trace, measured: readonly LayerRank[], limit: number): LayerRank[] {
  const reached = layersBehind(trace.layers);
  const live = measured.filter(({ excess }) => !(excess < limit));
  return measured.filter(
    ({ layer, excess }) => excess < limit && !live.some((other) => reached.get(layer)?.has(other.layer)),
  );
}

/** What is nearly linear in one number lies along one direction, and tells the samples apart all the same. */
function isOneNumber(experiment: Experiment | null): boolean {
  const shape = experiment?.network.input?.shape;
  return shape !== undefined && shape.reduce((size, length) => size * length, 1) === 1;
}

/** Below this the rank is 1 but for rounding. */
const ROUNDING = 1e-6;
const rankOf = (excess: number): string =>
  excess < ROUNDING ? 'is 1' : `exceeds 1 by no more than ${text(excess)}`;

export const rankCollapse = defineRule({
  rule: 'rank_collapse',
  title: 'The outputs collapse to one direction',
  description:
    'Effective rank (participation ratio, not centred) of each hidden layer’s outputs over samples (over the time steps of ' +
    'a sequence, where it is one), minus 1, in the last ' +
    'two measurements: 0 where every sample gives the same output up to its size. Found where it is so in all hidden layers behind it too: ' +
    'else the samples come past it. Harmless where the network learns.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Dong et al. 2021, arXiv:2103.03404', 'Schoenholz et al. 2017, arXiv:1611.01232'],
  brings_about: ['update_ratio', ...POOR],
  is_consequence: false,
  recorded_as:
    'a series of tensor `output`, metric `effective_rank`, of every hidden layer, at two steps or more',
  quorum: 'majority',
  examine(trace, experiment, limits) {
    if (isOneNumber(experiment))
      return notEvaluable('the inputs are one number each: their outputs may lie along one direction');
    const measured = ranks(trace);
    if (measured.length === 0) return notEvaluable('no hidden layer was measured twice');
    const collapsed = lost(trace, measured, limits.rank_excess);
    const worst = (collapsed.length > 0 ? collapsed : measured).reduce((a, b) =>
      b.excess < a.excess ? b : a,
    );
    return {
      kind: 'evaluated',
      found: collapsed.length > 0,
      severity: severityByProgress(trace),
      layers: collapsed.map(({ layer }) => layer),
      first_step: collapsed[0]?.step ?? null,
      evidence: [
        evidenceOf('rank_excess', worst.excess, limits.rank_excess, 'effective rank − 1', {
          layer: worst.layer,
          step: worst.step,
        }),
      ],
    };
  },
  explain: (finding) =>
    `From ${named(finding.layers.slice(0, 1), 'a hidden layer')} on the outputs of all samples lie along one direction: their effective rank ` +
    `${rankOf(measured(finding, 'rank_excess')?.value ?? 0)}. The layers behind cannot tell the samples apart.`,
});
