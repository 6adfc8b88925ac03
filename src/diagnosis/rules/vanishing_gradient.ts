/** @file The gradient shrinks on its way to the first layers. */
import { progressOf, severityByProgress } from '../evidence/progress.ts';
import { type GradientProfile, gradientProfiles, trainedHiddenLayers } from '../evidence/series.ts';
import { notEvaluable, type Rule } from '../rule.ts';

const thresholds = {
  gradient_ratio: {
    value: 1e-3,
    unit: 'gradient RMS / largest gradient RMS of the hidden layers behind it',
    source: 'AUTOTRAINER (ICSE 2021): ‖g₁‖/‖g_L‖ < 1e-3, here as RMS so that widths do not matter',
    rationale: 'A layer that gets a thousandth of the gradient of another hardly moves beside it',
  },
  persistence: {
    value: 0.5,
    unit: 'fraction of the probed steps',
    source: 'this project',
    rationale: 'A dip at one step is noise',
  },
} as const;

/**
 * Gradient RMS over the largest of the layers behind it (its own included): towards the first layers it may only
 * shrink by this measure, and a gradient that grows on its way gives 1. NaN where all are 0.
 */
function ratios({ rms }: GradientProfile): number[] {
  return rms.map((value, i) => value / Math.max(...rms.slice(i)));
}

/**
 * Layers below the threshold. An exact 0 next to a healthy gradient is a block (dead units), not a vanishing; below a
 * gradient that is already tiny it is one that underflowed.
 */
function vanishing(profile: GradientProfile): string[] {
  const values = ratios(profile);
  const faint = values.some((ratio) => ratio > 0 && ratio < thresholds.gradient_ratio.value);
  return faint
    ? profile.layers.filter((_, i) => (values[i] as number) < thresholds.gradient_ratio.value)
    : [];
}

export const vanishingGradient: Rule = {
  rule: 'vanishing_gradient',
  title: 'The gradient vanishes towards the first layers',
  description:
    'RMS of the loss gradient at the output of each hidden layer with parameters, over the largest of the layers behind it. Found ' +
    'where it is below the threshold in most probed steps. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Hochreiter 1991', 'Glorot & Bengio 2010', 'AUTOTRAINER (ICSE 2021)'],
  quorum: 'majority',
  examine(trace) {
    if (trainedHiddenLayers(trace).length < 2)
      return notEvaluable('fewer than two hidden layers have parameters');
    const profiles = gradientProfiles(trace);
    const first = profiles[0];
    if (first === undefined) return notEvaluable('no probed step has finite gradients in every layer');
    const found = profiles.map(vanishing);
    const layers = first.layers.filter(
      (layer) =>
        found.filter((names) => names.includes(layer)).length >=
        thresholds.persistence.value * profiles.length,
    );
    const hit = profiles.find((_, i) => layers.some((layer) => found[i]?.includes(layer))) ?? first;
    const values = ratios(hit);
    const worst = values.indexOf(Math.min(...values.filter((value) => !Number.isNaN(value))));
    return {
      kind: 'evaluated',
      found: layers.length > 0,
      severity: severityByProgress(trace),
      layers,
      first_step: layers.length > 0 ? hit.step : null,
      evidence: [
        {
          metric: 'gradient_ratio',
          layer: hit.layers[worst] ?? null,
          step: hit.step,
          value: values[worst] ?? Number.NaN,
          threshold: thresholds.gradient_ratio.value,
          unit: 'ratio',
        },
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
  explain: (layers) =>
    `The gradient at ${layers[0] ?? 'the first layers'} is less than a thousandth of the largest one, so these layers ` +
    'stay close to their initial weights while the last ones learn.',
};
