/** @file The gradient shrinks on its way to the first layers. */

import type { Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { progressOf, severityByProgress } from '../evidence/progress.ts';
import {
  type GradientProfile,
  gradientProfiles,
  timeProfiles,
  trainedHiddenLayers,
} from '../evidence/series.ts';
import { GRADIENTS } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable, type SeedEvidence } from '../rule.ts';
import { beyond, named, text } from '../wording.ts';

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

/**
 * Gradient RMS over the largest of the layers behind it (its own included): towards the first layers it may only
 * shrink by this measure, and a gradient that grows on its way gives 1. NaN where all are 0.
 */
function ratios({ rms, behind }: GradientProfile): number[] {
  return rms.map((value, i) => value / Math.max(...(behind[i] ?? []).map((j) => rms[j] as number)));
}

/**
 * Layers below the threshold. An exact 0 next to a healthy gradient is a block (dead units), not a vanishing; below a
 * gradient that is already tiny it is one that underflowed.
 */
function vanishing(profile: GradientProfile, limit: number): string[] {
  const values = ratios(profile);
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
  const found = profiles.map((profile) => vanishing(profile, limits.gradient_ratio));
  const layers = first.layers.filter(
    (layer) => found.filter((names) => names.includes(layer)).length >= limits.persistence * profiles.length,
  );
  const hit = profiles.find((_, i) => layers.some((layer) => found[i]?.includes(layer))) ?? first;
  const values = ratios(hit);
  const symptoms = hit.layers.map((layer, i) => ({
    layer,
    step: hit.step,
    metric: 'gradient_ratio' as const,
    value: values[i] as number,
    found: layers.length > 0,
  }));
  return { layers, symptom: faintest(symptoms) };
}

/** Through time: recurrent layers whose first time step gets hardly any gradient, in most probed steps. */
function throughTime(trace: Trace, { gradient_ratio: limit, persistence }: Limits): Symptom[] {
  return timeProfiles(trace, 'first_to_largest_ratio').flatMap(({ layer, steps, ratios: values }) => {
    if (values.length === 0) return [];
    const below = values.filter((value) => value < limit);
    const found = below.length >= persistence * values.length;
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
    const depth = beyond(finding, 'gradient_ratio');
    const time = beyond(finding, 'first_to_largest_ratio');
    return [
      ...(depth === undefined
        ? []
        : [
            `At step ${depth.step} the gradient that reaches ${depth.layer} is ${text(depth.value)} of the largest behind it: the weights of ${named(finding.layers)} stay close to their initial values.`,
          ]),
      ...(time === undefined
        ? []
        : [
            `At step ${time.step} the first time step of ${time.layer} gets ${text(time.value)} of the largest gradient of all time steps: what comes early is not learned.`,
          ]),
    ].join(' ');
  },
});
