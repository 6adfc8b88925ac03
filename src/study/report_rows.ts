/** @file The parts of the report, from what the study measured. */

import { staticFindings } from '../diagnosis/index.ts';
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { codeOf } from '../export/index.ts';
import { comparePrediction, predict } from '../preflight/index.ts';
import { type Arm, type Candidate, patchBetween, type Verification } from '../remedies/index.ts';
import { findSeries, type Trace } from '../statistics/index.ts';
import { isTrained, type Option, type Trained } from './option.ts';
import type { Screened } from './outcome.ts';
import type { Report } from './report.ts';

const stepZero = (trace: Trace, layer: string, tensor: string): number => {
  const series = findSeries(trace, layer, tensor, 'rms');
  return series?.values[0] ?? Number.NaN;
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

type LayerRow = Report['baseline']['layers'][number];

export const layerRows = (trace: Trace): LayerRow[] =>
  trace.layers.map(({ name, type, activation, inputs, output_shape, parameters }) => ({
    layer: name,
    type,
    activation,
    ...(inputs === undefined ? {} : { inputs: [...inputs] }),
    output_shape: [...output_shape],
    parameters,
  }));

/** Features of every layer with weights, by which gradients scatter from one initialization to another. */
const widthsOf = (trace: Trace): number[] =>
  trace.layers.filter(({ parameters }) => parameters > 0).map(({ output_shape }) => output_shape.at(-1) ?? 1);

/** What theory predicts of the first step beside what was measured. */
export function preflightRows(experiment: Experiment, { traces }: Arm): Report['preflight'] {
  const plan = planExperiment(experiment);
  const prediction = predict(experiment, plan);
  const probed = experiment.diagnostics.probe_every > 0;
  const values = (layer: string, tensor: string) => traces.map((trace) => stepZero(trace, layer, tensor));
  const widths = widthsOf(traces[0] as Trace);
  const layers = layerRows(traces[0] as Trace).map((row, i) => {
    const forecast = prediction.layers[i] as (typeof prediction.layers)[number];
    const { layer: _layer, type: _type, ...predicted } = forecast;
    const [outputs, gradients] = [values(row.layer, 'output'), values(row.layer, 'output_gradient')];
    const { gap, tolerance, mismatch } = comparePrediction(
      gradients,
      predicted.predicted_gradient_rms,
      widths,
    );
    return {
      ...row,
      ...predicted,
      measured_output_rms: probed ? mean(outputs) : null,
      measured_gradient_rms: probed ? mean(gradients) : null,
      gradient_gap_log10: gap,
      gradient_gap_tolerance: tolerance,
      prediction_mismatch: mismatch,
    };
  });
  return {
    parameters: plan.parameter_count,
    flops_per_step: plan.flops_per_step,
    covers: prediction.covers,
    findings: staticFindings(experiment, plan, prediction.data, prediction),
    prediction_mismatch: layers.filter((row) => row.prediction_mismatch).map(({ layer }) => layer),
    layers,
  };
}

/** Losses in the scale of the data, where the training sees standardized targets. */
function originalScale({ initial, final }: Trace) {
  if (!initial.original || !final.original) return null;
  return {
    initial_loss: initial.original.loss,
    final_loss: final.original.loss,
    initial_validation_loss: initial.original.validation_loss,
    validation_loss: final.original.validation_loss,
  };
}

export const runRow = (trace: Trace): Report['baseline']['runs'][number] => ({
  seed: trace.seed,
  initial_loss: trace.initial.loss,
  initial_accuracy: trace.initial.accuracy,
  final_loss: trace.final.loss,
  final_accuracy: trace.final.accuracy,
  initial_validation_loss: trace.initial.validation_loss,
  validation_loss: trace.final.validation_loss,
  validation_accuracy: trace.final.validation_accuracy,
  original_scale: originalScale(trace),
  constant_loss: trace.constant_loss,
  steps_completed: trace.steps_completed,
  diverged_at_step: trace.divergence?.step ?? null,
  divergence: trace.divergence,
});

const notRun = (reason: string): Verification => ({
  status: 'not_run',
  reason,
  goal: null,
  seeds: [],
  cleared: [],
  introduced: [],
  effects: [],
});

function doseRow({ candidate: { remedy, dose }, curve }: Screened) {
  if (remedy.dose === undefined || dose === null) return null;
  const { name, unit } = remedy.dose;
  return { name, unit, value: dose, curve: [...curve] };
}

const screeningOf = (screened: Screened | null) =>
  screened === null || screened.share === 0
    ? null
    : { value: screened.value, share: screened.share, baseline: screened.baseline };

function remedyRow(
  { remedy, patch, experiment }: Candidate,
  index: number,
  verification: Verification,
  screened: Screened | null,
): Report['remedies'][number] {
  const { title, rationale, sources, treats, effort } = remedy;
  return {
    remedy: remedy.remedy,
    rank: index + 1,
    title,
    rationale,
    sources: [...sources],
    treats: [...treats],
    effort,
    patch,
    dose: screened === null ? null : doseRow(screened),
    screening: screeningOf(screened),
    verification,
    snippets: codeOf(experiment),
  };
}

/** Candidates that nothing was done with. */
export const proposedRows = (candidates: readonly Candidate[], reason: string): Report['remedies'] =>
  candidates.map((candidate, i) => remedyRow(candidate, i, notRun(reason), null));

const UNCOUNTED =
  'not tried: of the trainings that `remedies.max_trials` allows, those for screening went to what is likelier to help';

/** Why a candidate was not re-trained on all seeds: what happened to it. */
function whyNot(one: Screened, others: readonly Screened[], options: readonly Option[], end: string): string {
  if (one.share === 0)
    return one.left_out === 'trials'
      ? UNCOUNTED
      : 'not tried: it costs more than screening may take of the budget';
  const begun = options.find((option) => option.screened?.candidate === one.candidate);
  if (begun !== undefined) {
    const found = begun.findings.map(({ rule }) => rule).join(', ');
    return `trained on the first seed only (found: ${found || 'nothing'}); ${end}`;
  }
  const better = others.filter(({ value }) => value < one.value).length;
  const steps = one.share === 1 ? 'all steps' : 'a third of the steps';
  const place = better === 0 ? 'no other did better' : `${better} of the ${others.length} others did better`;
  return `screened on the first seed and ${steps}, where ${place}; ${end}`;
}

/**
 * The best of each remedy that was re-trained alone: as it was screened, or as what was left of a recipe.
 * @param ranked the best first
 */
function aloneOf(
  ranked: readonly Trained[],
  screened: readonly Screened[],
  experiment: Experiment,
): { readonly one: Screened; readonly verification: Verification }[] {
  const rows = new Map<string, { readonly one: Screened; readonly verification: Verification }>();
  for (const { parts, screened: own, experiment: changed, verification } of ranked) {
    const [part, ...more] = parts;
    const known = screened.find(({ candidate }) => candidate.remedy.remedy === part?.remedy);
    if (part === undefined || more.length > 0 || known === undefined || rows.has(part.remedy)) continue;
    const patch = patchBetween(experiment, changed);
    const candidate = { ...known.candidate, dose: part.dose, experiment: changed, patch };
    rows.set(part.remedy, { one: own ?? { ...known, candidate }, verification });
  }
  return [...rows.values()];
}

/**
 * What was re-trained, in the order given, then the other candidates.
 * @param options everything that was begun
 * @param end why nothing more was done
 */
export function remedyRows(
  ranked: readonly Trained[],
  screened: readonly Screened[],
  options: readonly Option[],
  { experiment, end }: { readonly experiment: Experiment; readonly end: string },
): Report['remedies'] {
  const alone = aloneOf(ranked, screened, experiment);
  const left = screened.filter(({ candidate }) =>
    alone.every(({ one }) => one.candidate.remedy !== candidate.remedy),
  );
  const others = (one: Screened) => screened.filter((other) => other !== one && other.share > 0);
  return [
    ...alone.map(({ one, verification }, i) => remedyRow(one.candidate, i, verification, one)),
    ...left.map((one, i) =>
      remedyRow(one.candidate, alone.length + i, notRun(whyNot(one, others(one), options, end)), one),
    ),
  ];
}

/** Remedies together, as far as they were re-trained on all seeds. */
export const combinationRows = (experiment: Experiment, options: readonly Option[]): Report['combinations'] =>
  options
    .filter(isTrained)
    .filter(({ parts }) => parts.length > 1)
    .map(({ remedies, experiment: changed, arm: { verdict }, verification }) => ({
      remedies: [...remedies],
      patch: patchBetween(experiment, changed),
      verdict,
      verification,
    }));
