/** @file A penalty, or weight decay, that holds the weights against the data. */

import type { Experiment } from '../../experiment/index.ts';
import { findSeries, type Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { progressOf, severityByCost } from '../evidence/progress.ts';
import { weightsOf } from '../evidence/run.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, named, text } from '../wording.ts';

const thresholds = {
  penalty_pull: {
    value: 0.5,
    unit: 'gradient of the penalty / gradient of the data loss, of a kernel (weight decay: of its step / of the whole step)',
    source: 'TheDeepChecker: ratio of regularization to data gradient below 2',
    rationale: 'As strong as what the data say, and against it, the penalty decides where the weights end',
  },
  shrinkage: {
    value: 0.5,
    unit: 'norm of the kernel at the end / at the start',
    source: 'this project',
    rationale: 'Weights that were halved, and a network that learned nothing with them, were drawn to 0',
    healthy: 'above',
  },
} as const;

/** Cosine between the penalty's gradient and the data's, with its sign turned. Above this they pull against each other, and the weights stand where both are even. Chosen by this project. */
const HELD = 0.7;

interface Pull {
  readonly layer: string;
  readonly pull: number;
  readonly shrinkage: number;
  readonly held: boolean;
}

function shrinkageOf(trace: Trace, layer: string, tensor: string): number {
  const norms = findSeries(trace, layer, tensor, 'l2_norm')?.values;
  const [first, last] = [norms?.[0] ?? Number.NaN, norms?.at(-1) ?? Number.NaN];
  return first > 0 ? last / first : 1;
}

/** Measured at fixed weights in the middle and at the end: the smaller of the two. */
const byPenalty = (trace: Trace): Pull[] =>
  trace.series
    .filter(({ metric, layer }) => metric === 'penalty_pull' && layer !== null)
    .map(({ layer, tensor, values }) => ({
      layer: layer as string,
      pull: Math.min(...values),
      shrinkage: shrinkageOf(trace, layer as string, tensor as string),
      held: (findSeries(trace, layer, tensor, 'penalty_opposition')?.values.at(-1) ?? 0) > HELD,
    }));

/** lr·λ·‖w‖ over the norm of the whole update, median of the second half of the probed steps. */
function byDecay(trace: Trace, decay: number): Pull[] {
  const rates = findSeries(trace, null, null, 'learning_rate');
  return trace.series
    .filter(({ metric, tensor }) => metric === 'l2_norm' && tensor?.endsWith('kernel.update') === true)
    .flatMap(({ layer, tensor, values, steps }) => {
      const kernel = weightsOf(tensor);
      const weights = findSeries(trace, layer, kernel, 'l2_norm')?.values;
      const half = values.length >> 1;
      const pulls = Array.from(values.subarray(half), (update, i) => {
        const [norm, rate] = [weights?.[half + i] ?? Number.NaN, rates?.values[half + i] ?? Number.NaN];
        return (rate * decay * norm) / update;
      }).filter(Number.isFinite);
      if (layer === null || kernel === null || pulls.length === 0 || steps.length === 0) return [];
      const pull = pulls.toSorted((a, b) => a - b)[pulls.length >> 1] as number;
      return [{ layer, pull, shrinkage: shrinkageOf(trace, layer, kernel), held: false }];
    });
}

function decayOf({ training: { optimizer } }: Experiment): number {
  const { weight_decay = 0 } = optimizer as { weight_decay?: number };
  return weight_decay;
}

export const excessiveRegularization = defineRule({
  rule: 'excessive_regularization',
  title: 'The penalty outweighs the data',
  description:
    'Norm of the penalty’s gradient over that of the data loss for every kernel, at fixed weights in the middle and at the end ' +
    '(over eight batches); for decoupled weight decay its step over the whole step. Found where it is strong, and the weights shrank ' +
    'or stand where both are even. Harmless where the network learns all the same.',
  needs: ['probed_series', 'experiment'],
  thresholds,
  sources: ['TheDeepChecker (TOSEM 2023)', 'Loshchilov & Hutter 2019, arXiv:1711.05101'],
  // Weights that are drawn to 0 carry no signal.
  brings_about: [
    'vanishing_gradient',
    'dead_units',
    'rank_collapse',
    'update_ratio',
    'unchanged_parameters',
    'excessive_clipping',
    'inference_mismatch',
    'sharpness',
    ...POOR,
  ],
  is_consequence: false,
  recorded_as: EXPERIMENT,
  quorum: 'majority',
  examine(trace, experiment, limits) {
    const { l1, l2 } = experiment.training.regularization;
    const decay = decayOf(experiment);
    if (l1 === 0 && l2 === 0 && decay === 0)
      return notEvaluable('the training has neither a penalty nor weight decay');
    const pulls = [...byPenalty(trace), ...byDecay(trace, decay)].filter(({ pull }) => !Number.isNaN(pull));
    if (pulls.length === 0)
      return notEvaluable('the pull was not measured: diverged early, or too many parameters');
    const strong = pulls.filter(
      ({ pull, shrinkage, held }) => pull > limits.penalty_pull && (shrinkage < limits.shrinkage || held),
    );
    const worst = (strong.length > 0 ? strong : pulls).reduce((a, b) => (b.pull > a.pull ? b : a));
    const { state } = progressOf(trace);
    return {
      kind: 'evaluated',
      found: strong.length > 0 && state !== 'diverged',
      severity: severityByCost(trace),
      layers: [...new Set(strong.map(({ layer }) => layer))],
      first_step: 0,
      evidence: [
        evidenceOf('penalty_pull', worst.pull, limits.penalty_pull, 'ratio', { layer: worst.layer }),
        evidenceOf('shrinkage', worst.shrinkage, limits.shrinkage, 'ratio', { layer: worst.layer }),
      ],
    };
  },
  explain(finding) {
    const { experiment, layers } = finding;
    const pull = measured(finding, 'penalty_pull');
    const shrinkage = measured(finding, 'shrinkage')?.value ?? 1;
    const given = experiment?.training.regularization;
    const decay = experiment === null ? 0 : decayOf(experiment);
    const settings = [
      ...(given?.l1 ? [`l1 ${text(given.l1)}`] : []),
      ...(given?.l2 ? [`l2 ${text(given.l2)}`] : []),
      ...(decay > 0 ? [`weight decay ${text(decay)}`] : []),
    ].join(', ');
    const end =
      shrinkage < 1
        ? `the weights ended at ${text(shrinkage)} of their first norm`
        : 'the weights stand where both are even';
    return (
      `In ${named(layers)} the penalty (${settings}) pulls with ${text(pull?.value)} times the strength of the data: ${end}, and ` +
      'what the data ask for is not learned.'
    );
  },
});
