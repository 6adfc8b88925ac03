/** @file The gradient shrinks on its way to the first layers. */

import type { Trace, TracedLayer } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { progressOf, severityByProgress } from '../evidence/progress.ts';
import { gainOfHigherRate, gainOfLowerRate, RATE_GAIN } from '../evidence/rate.ts';
import { distanceMoved, lossWindows, UNTOUCHED } from '../evidence/run.ts';
import {
  type GradientProfile,
  gradientProfiles,
  timeProfiles,
  trainedHiddenLayers,
} from '../evidence/series.ts';
import { GRADIENTS } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable, type SeedEvidence } from '../rule.ts';
import { beyond, isBeyond, named, text } from '../wording.ts';

const thresholds = {
  gradient_ratio: {
    value: 1e-3,
    unit: 'gradient RMS / largest gradient RMS of the hidden layers behind it',
    source: 'AUTOTRAINER (ICSE 2021): ‖g₁‖/‖g_L‖ < 1e-3, here as RMS so that widths do not matter',
    rationale: 'A layer that gets a thousandth of the gradient of another hardly moves beside it',
    healthy: 'above',
  },
  standstill_ratio: {
    value: 0.05,
    unit: 'the same, of a network that has learned nothing',
    source: 'Nielsen 2015, Neural networks and deep learning, chapter 5: over four sigmoid layers 0.01',
    rationale: 'Where nothing is learned, a layer that gets a twentieth is enough of a reason',
    healthy: 'above',
  },
  persistence: {
    value: 0.5,
    unit: 'fraction of the probed steps',
    source: 'this project',
    rationale: 'A dip at one step is noise',
  },
} as const;

type Limits = Readonly<Record<keyof typeof thresholds, number>>;

/** Time steps, or pixels, of what a layer gives. */
function positionsOf({ output_shape: shape }: TracedLayer): number {
  const positions = shape.length >= 3 ? shape.toSpliced(-3, 1) : shape.slice(0, -1);
  return positions.reduce((product, length) => product * length, 1);
}

/**
 * The gradient at a layer over the largest one of that layer and those behind it. So it is 1 where the gradient grows on its way back, and
 * below 1 where it shrinks. NaN where all are 0. As RMS over the units, so that widths do not matter, and as norm over the positions:
 * what pooling, or the last state of a loop, spreads over many of them is not lost, since a kernel adds it up.
 */
function ratios({ rms, behind }: GradientProfile, positions: readonly number[]): number[] {
  const sizes = rms.map((value, i) => value * Math.sqrt(positions[i] ?? 1));
  return sizes.map((value, i) => value / Math.max(...(behind[i] ?? []).map((j) => sizes[j] as number)));
}

/**
 * Layers below the threshold. A gradient of exactly 0 counts only where another layer's is tiny: then it has underflowed. Next to
 * healthy gradients it was blocked, by dead units, and did not vanish.
 */
function vanishing(profile: GradientProfile, positions: readonly number[], limit: number): string[] {
  const values = ratios(profile, positions);
  const faint = values.some((ratio) => ratio > 0 && ratio < limit);
  return faint ? profile.layers.filter((_, i) => (values[i] as number) < limit) : [];
}

/** Where the gradient is faint: at a layer, over depth or on the way back through time. */
interface Symptom {
  readonly layer: string;
  readonly step: number;
  readonly metric: 'gradient_ratio' | 'first_to_largest_ratio';
  readonly value: number;
  readonly found: boolean;
}

const faintest = (symptoms: readonly Symptom[]): Symptom | undefined =>
  symptoms
    .filter(({ value }) => !Number.isNaN(value))
    .reduce<Symptom | undefined>(
      (worst, next) => (worst === undefined || next.value < worst.value ? next : worst),
      undefined,
    );

/** Over depth: the faintest layer at the first step at which one of `layers` was found, or at the first step. */
function overDepth(trace: Trace, limits: Limits): { layers: string[]; symptom: Symptom | undefined } {
  const profiles = trainedHiddenLayers(trace).length < 2 ? [] : gradientProfiles(trace);
  const first = profiles[0];
  if (first === undefined) return { layers: [], symptom: undefined };
  const positions = trainedHiddenLayers(trace).map(positionsOf);
  const found = profiles.map((profile) => vanishing(profile, positions, limits.gradient_ratio));
  const layers = first.layers.filter(
    (layer) => found.filter((names) => names.includes(layer)).length >= limits.persistence * profiles.length,
  );
  const hit = profiles.find((_, i) => layers.some((layer) => found[i]?.includes(layer))) ?? first;
  const values = ratios(hit, positions);
  const symptoms = hit.layers.map((layer, i) => ({
    layer,
    step: hit.step,
    metric: 'gradient_ratio' as const,
    value: values[i] as number,
    found: layers.includes(layer),
  }));
  // What was found is told of a layer in which it lasts, not of one that was fainter at this step only.
  const lasting = symptoms.filter(({ found: lasts }) => lasts);
  return { layers, symptom: faintest(lasting.length > 0 ? lasting : symptoms) };
}

/** A loss that falls by this part from the third to the last quarter of the steps is being learned. */
const FALLING = 0.1;

function isFalling(trace: Trace): boolean {
  const [, , third, last] = lossWindows(trace, 4);
  return third !== undefined && last !== undefined && last < (1 - FALLING) * third;
}

/**
 * Whether something else is known to keep a loop from learning: it learns, but was cut short; it has hardly been trained; or it learns at
 * another rate. A fresh LSTM over forty time steps passes a millionth of the gradient to the first one, and learns to pass more.
 */
const isNotOfTime = (trace: Trace): boolean =>
  isFalling(trace) ||
  (distanceMoved(trace) ?? Number.POSITIVE_INFINITY) < UNTOUCHED ||
  Math.max(gainOfHigherRate(trace)?.gain ?? 0, gainOfLowerRate(trace)?.gain ?? 0) > RATE_GAIN;

/** Through time: recurrent layers whose first time step gets hardly any gradient, in most probed steps. */
function throughTime(trace: Trace, { gradient_ratio: limit, persistence }: Limits): Symptom[] {
  const excused = isNotOfTime(trace);
  return timeProfiles(trace, 'first_to_largest_ratio').flatMap(({ layer, steps, ratios: values }) => {
    if (values.length === 0) return [];
    const below = values.filter((value) => value < limit);
    const found = below.length >= persistence * values.length && !excused;
    const at = found ? values.findIndex((value) => value < limit) : 0;
    return [
      {
        layer,
        step: steps[at] as number,
        metric: 'first_to_largest_ratio' as const,
        value: values[at] as number,
        found,
      },
    ];
  });
}

/** A gradient of exactly 0 next to others is blocked (by dead units): it did not vanish on its way. */
function evidenceOfSymptom({ metric, layer, step, value, found }: Symptom, limit: number): SeedEvidence {
  const blocked = value === 0 && !found;
  return evidenceOf(blocked ? 'blocked_gradient' : metric, value, blocked ? null : limit, 'ratio', {
    layer,
    step,
    ...(blocked ? {} : { healthy: 'above' }),
  });
}

export const vanishingGradient = defineRule({
  rule: 'vanishing_gradient',
  title: 'The gradient vanishes towards the first layers, or the first time steps',
  description:
    'RMS of the loss gradient at the output of each hidden layer with parameters, over the largest of the layers behind it; and ' +
    'at the states of each recurrent layer at the first time step, over the largest of all time steps. Found where it is ' +
    'below the threshold in most probed steps; of a network that has learned nothing, below a larger one. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Hochreiter 1991', 'Bengio et al. 1994', 'Glorot & Bengio 2010', 'AUTOTRAINER (ICSE 2021)'],
  // What gets no gradient does not change.
  brings_about: ['update_ratio', 'unchanged_parameters', 'rank_collapse', ...POOR],
  is_consequence: false,
  recorded_as: GRADIENTS,
  quorum: 'majority',
  examine(trace, _experiment, given) {
    const stuck = progressOf(trace).state === 'stuck';
    const limits = stuck
      ? { ...given, gradient_ratio: Math.max(given.gradient_ratio, given.standstill_ratio) }
      : given;
    const depth = overDepth(trace, limits);
    const time = throughTime(trace, given);
    const symptoms = [...(depth.symptom === undefined ? [] : [depth.symptom]), ...time];
    if (symptoms.length === 0) {
      return trainedHiddenLayers(trace).length < 2
        ? notEvaluable('fewer than two hidden layers have parameters, and none is recurrent')
        : notEvaluable('no probed step has finite gradients in every layer');
    }
    const found = symptoms.filter((symptom) => symptom.found);
    return {
      kind: 'evaluated',
      found: found.length > 0,
      severity: severityByProgress(trace),
      layers: [...new Set([...depth.layers, ...time.filter((one) => one.found).map(({ layer }) => layer)])],
      first_step: found.length > 0 ? Math.min(...found.map(({ step }) => step)) : null,
      evidence: [
        ...symptoms.map((symptom) =>
          evidenceOfSymptom(symptom, (symptom.metric === 'gradient_ratio' ? limits : given).gradient_ratio),
        ),
        {
          metric: 'loss_ratio',
          layer: null,
          step: null,
          value: progressOf(trace).loss_ratio,
          threshold: null,
          unit: 'final loss / constant loss',
        },
      ],
    };
  },
  explain(finding) {
    const { layers } = finding;
    const time = beyond(finding, 'first_to_largest_ratio');
    const deep = layers.filter((layer) => layer !== time?.layer);
    // What dips below the limit at a step or two is no part of the finding.
    const depth = finding.evidence.find(
      (one) => one.metric === 'gradient_ratio' && isBeyond(one) && deep.includes(one.layer ?? ''),
    );
    return [
      ...(depth === undefined
        ? []
        : [
            `At step ${depth.step} the gradient that reaches ${depth.layer} is ${text(depth.value)} of the largest behind it: hardly anything of the error is left for ${named(deep)} to learn from.`,
          ]),
      ...(time === undefined
        ? []
        : [
            `At step ${time.step} the first time step of ${time.layer} gets ${text(time.value)} of the largest gradient of all time steps: what comes early hardly counts.`,
          ]),
    ].join(' ');
  },
});
