/** @file The gradient grows on its way to the first layers, or its updates outweigh the weights. */

import { lossScale, type Trace } from '../../statistics/index.ts';
import type { Evidence } from '../check.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { progressOf, severityByProgress } from '../evidence/progress.ts';
import { median } from '../evidence/run.ts';
import { gradientProfiles, timeProfiles } from '../evidence/series.ts';
import { GRADIENTS, UPDATES } from '../recorded.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { beyond, measured, ofConstant, text } from '../wording.ts';

const thresholds = {
  gradient_growth: {
    value: 1e3,
    unit: 'gradient RMS / gradient RMS of the last hidden layer (of the last time step)',
    source: 'torchmortem 2026: last/first norm ratio > 1000 is critical',
    rationale: 'One learning rate cannot suit layers whose gradients differ by a thousand',
  },
  update_ratio: {
    value: 1,
    unit: 'update norm / weight norm',
    source: 'TheDeepChecker: log10(update/weight) above −1 is too large; SageMaker Debugger: > 10',
    rationale: 'An update as large as the weights replaces them',
  },
  norm_growth: {
    value: 1e3,
    unit: 'largest gradient norm of all steps / norm of the first step',
    source: 'this project',
    rationale: 'Healthy norms stay within some orders of magnitude of their start',
  },
  norm_jump: {
    value: 20,
    unit: 'gradient norm of one step / mean norm of the steps before it, where the loss stays up after that step',
    source:
      'this project; Pascanu et al. 2013, arXiv:1211.5063, section 2.3: walls in the loss of recurrent networks',
    rationale:
      'The norms of batches differ by less; one step along such a gradient undoes all steps before it',
  },
  loss_rise: {
    value: 0.2,
    unit: '(mean loss after that step − mean loss of the ten before it) / constant loss',
    source: 'this project',
    rationale: 'What was learned, or the way down to a constant’s loss, is lost for good',
  },
} as const;

type Limits = Readonly<Record<keyof typeof thresholds, number>>;

interface Symptom {
  readonly metric: 'gradient_growth' | 'update_ratio' | 'norm_growth';
  readonly layer: string | null;
  readonly step: number;
  readonly value: number;
}

const largest = (symptoms: readonly Symptom[], metric: Symptom['metric']): Symptom =>
  symptoms.reduce((worst, symptom) => (symptom.value > worst.value ? symptom : worst), {
    metric,
    layer: null,
    step: 0,
    value: 0,
  });

function growth(trace: Trace): Symptom[] {
  const throughTime = timeProfiles(trace, 'first_to_last_ratio').flatMap(({ layer, steps, ratios }) =>
    steps.map((step, i) => ({ metric: 'gradient_growth', layer, step, value: ratios[i] as number }) as const),
  );
  const overDepth = gradientProfiles(trace).flatMap(({ step, layers, rms, behind }) =>
    layers.flatMap((layer, i) => {
      // The last one that the layer's output reaches.
      const last = rms[behind[i]?.at(-1) ?? i] as number;
      const value = (rms[i] as number) / last;
      return last === 0 ? [] : [{ metric: 'gradient_growth', layer, step, value } as const];
    }),
  );
  return [...overDepth, ...throughTime];
}

/** Kernels only: a bias that starts at 0 has no scale. */
function updates(trace: Trace): Symptom[] {
  return trace.series
    .filter(({ tensor, metric }) => metric === 'ratio_to_weight' && tensor?.endsWith('kernel.update'))
    .flatMap(({ layer, steps, values }) =>
      [...steps].map(
        (step, i) => ({ metric: 'update_ratio', layer, step, value: values[i] as number }) as const,
      ),
    )
    .filter(({ value }) => Number.isFinite(value));
}

function normGrowth({ gradient_norms: norms }: Trace): Symptom[] {
  const first = norms[0] ?? 0;
  if (first === 0) return [];
  return [...norms].map((norm, step) => ({
    metric: 'norm_growth',
    layer: null,
    step,
    value: Number.isNaN(norm) ? Number.POSITIVE_INFINITY : norm / first,
  }));
}

/** So many steps tell what the norm and the loss were before a jump. */
const BEFORE = 10;
/** Of the weights; as in `update_ratio`. */
const TOO_LONG = 0.1;

interface Jump {
  readonly step: number;
  readonly value: number;
  readonly rise: number;
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * The largest jump of the gradient's norm after which the loss stayed up to the end: a single step, which a probe most often misses.
 * Not looked for where most steps are too long: each of them is such a jump, and the rate is at fault.
 */
function largestJump(trace: Trace, updateRatios: readonly Symptom[], limits: Limits): Jump | null {
  const { gradient_norms: norms, data_losses: losses } = trace;
  const areLong = updateRatios.length > 0 && median(updateRatios.map(({ value }) => value)) > TOO_LONG;
  if (areLong || progressOf(trace).state !== 'stuck') return null;
  let [normsBefore, lossesAfter] = [0, losses.reduce((sum, loss) => sum + loss, 0)];
  let largestSoFar: Jump | null = null;
  for (const [step, norm] of norms.entries()) {
    lossesAfter -= losses[step] ?? 0;
    const after = losses.length - step - 1;
    if (step >= BEFORE && after >= BEFORE) {
      const rise = (lossesAfter / after - meanOf(losses.subarray(step - BEFORE, step))) / lossScale(trace);
      const value = (norm * step) / normsBefore;
      if (rise > limits.loss_rise && value > (largestSoFar?.value ?? 0)) largestSoFar = { step, value, rise };
    }
    normsBefore += norm;
  }
  return largestSoFar;
}

/** A symptom of one step alone is forgiven, unless the training ended by it. */
function holds(symptoms: readonly Symptom[], limit: number, diverged: boolean): boolean {
  const steps = new Set(symptoms.filter(({ value }) => value > limit).map(({ step }) => step));
  return steps.size >= (diverged ? 1 : 2);
}

/** Whether a growth was measured from time step to time step of its layer, and not from layer to layer. */
const isOverTime = ({ traces }: Finding, { layer, value }: Evidence): boolean =>
  traces.some((trace) =>
    timeProfiles(trace, 'first_to_last_ratio').some(
      (profile) => profile.layer === layer && value !== null && profile.ratios.includes(value),
    ),
  );

export const explodingGradient = defineRule({
  rule: 'exploding_gradient',
  title: 'The gradient explodes',
  description:
    'Gradient RMS of each hidden layer over that of the last one, in recurrent layers at the first time step over that at the last, norm of each kernel’s update over the norm of the ' +
    'kernel, and the gradient norm over its first value. Found where one of them is beyond its threshold at more ' +
    'than one step, or at one after which the training diverged; or where the gradient jumped at one step and the loss stayed up from there on. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Pascanu et al. 2013, arXiv:1211.5063', 'TheDeepChecker', 'torchmortem 2026'],
  // Steps that replace the weights push units to where they stay, and their gradients to 0.
  brings_about: ['inference_mismatch', ...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: `${GRADIENTS}; and ${UPDATES}`,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const symptoms = {
      gradient_growth: growth(trace),
      update_ratio: updates(trace),
      norm_growth: normGrowth(trace),
    };
    if (
      symptoms.update_ratio.length === 0 &&
      symptoms.gradient_growth.length === 0 &&
      trace.divergence === null
    ) {
      return notEvaluable('no probed step has finite gradients and an update');
    }
    const jump = largestJump(trace, symptoms.update_ratio, limits);
    const jumped = jump !== null && jump.value > limits.norm_jump;
    const metrics = Object.keys(symptoms) as Symptom['metric'][];
    const hits = metrics.filter((metric) =>
      holds(symptoms[metric], limits[metric], trace.divergence !== null),
    );
    const over = hits.flatMap((metric) => symptoms[metric].filter(({ value }) => value > limits[metric]));
    const steps = [...over.map(({ step }) => step), ...(jumped ? [jump.step] : [])];
    return {
      kind: 'evaluated',
      found: hits.length > 0 || jumped,
      severity: severityByProgress(trace),
      layers: [...new Set(over.flatMap(({ layer }) => (layer === null ? [] : [layer])))],
      first_step: steps.length > 0 ? Math.min(...steps) : null,
      evidence: [
        ...[...hits, ...metrics.filter((metric) => !hits.includes(metric))].map((metric) => ({
          ...largest(symptoms[metric], metric),
          threshold: limits[metric],
          unit: 'ratio',
        })),
        ...(jump === null
          ? []
          : [
              evidenceOf('norm_jump', jump.value, limits.norm_jump, 'ratio', { step: jump.step }),
              evidenceOf('loss_rise', jump.rise, limits.loss_rise, 'difference / constant loss', {
                step: jump.step,
              }),
            ]),
      ],
    };
  },
  explain(finding) {
    const growth = beyond(finding, 'gradient_growth');
    const update = beyond(finding, 'update_ratio');
    const norm = beyond(finding, 'norm_growth');
    const jump = beyond(finding, 'norm_jump');
    const rise = measured(finding, 'loss_rise');
    const parts = [
      ...(growth === undefined
        ? []
        : [
            `the gradient at ${isOverTime(finding, growth) ? 'the first time step of ' : ''}${growth.layer} is ${text(growth.value)} times that ${isOverTime(finding, growth) ? 'at its last one' : 'of the last hidden layer'}`,
          ]),
      ...(update === undefined
        ? []
        : [
            `at step ${update.step} the update of ${update.layer} is ${text(update.value)} times as large as its weights`,
          ]),
      ...(norm === undefined
        ? []
        : [
            norm.value === null || !Number.isFinite(norm.value)
              ? `at step ${norm.step} the gradient is no longer a finite number`
              : `at step ${norm.step} the gradient's norm is ${text(norm.value)} times that of the first step`,
          ]),
      ...(jump === undefined
        ? []
        : [
            `at step ${jump.step} the gradient's norm is ${text(jump.value)} times its mean until then, and after that step the mean loss is ` +
              `higher by ${ofConstant(rise?.value)}`,
          ]),
    ];
    const told = parts.join('; ');
    const replaces = update !== undefined || jump !== undefined;
    return `${told.charAt(0).toUpperCase()}${told.slice(1)}: ${replaces ? 'such a step does not improve the weights, it replaces them' : growth === undefined ? 'what one batch asks for outweighs all that others do' : 'no learning rate suits both'}.`;
  },
});
