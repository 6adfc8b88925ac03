/** @file Runs a study from experiment to report. */
import { type Check, seriousFindings, verdictOf } from '../diagnosis/index.ts';
import { baselineSeeds, type Experiment, planExperiment } from '../experiment/index.ts';
import { comparePrediction, predict, staticFindings } from '../preflight/index.ts';
import {
  type Arm,
  type Candidate,
  codeOf,
  criteria,
  efforts,
  propose,
  type Verification,
  verify,
} from '../remedies/index.ts';
import type { Trace } from '../statistics/index.ts';
import { ArmRunner } from './arms.ts';
import { BUDGET_ARMS, Budget } from './budget.ts';
import { type Control, createControls } from './controls.ts';
import { meanLoss, recommend, type Treated } from './recommend.ts';
import type { Report } from './report.ts';
import { type Screened, screen } from './screening.ts';
import type { StudyDependencies, StudyReport } from './study.ts';

/** The most trials that a study of this experiment is expected to take. */
export function estimateTrials(experiment: Experiment): number {
  const seeds = baselineSeeds(experiment).length;
  if (!experiment.remedies.verify) return seeds;
  const trials = seeds * BUDGET_ARMS + SCREENED;
  return Math.min(trials, Math.max(seeds, experiment.remedies.max_trials ?? trials));
}

/** About so many short trials are screened. */
const SCREENED = 20;

const stepZero = (trace: Trace, layer: string, tensor: string): number => {
  const series = trace.series.find((s) => s.layer === layer && s.tensor === tensor && s.metric === 'rms');
  return series?.values[0] ?? Number.NaN;
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

type LayerRow = Report['baseline']['layers'][number];

const layerRows = (trace: Trace): LayerRow[] =>
  trace.layers.map(({ name, type, activation, output_shape, parameters }) => ({
    layer: name,
    type,
    activation,
    output_shape: [...output_shape],
    parameters,
  }));

/** Features of every layer with weights, by which gradients scatter from one initialization to another. */
const widthsOf = (trace: Trace): number[] =>
  trace.layers.filter(({ parameters }) => parameters > 0).map(({ output_shape }) => output_shape.at(-1) ?? 1);

/** What theory predicts of the first step beside what was measured. */
function preflight(experiment: Experiment, { traces }: Arm): Report['preflight'] {
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

const runRow = (trace: Trace): Report['baseline']['runs'][number] => ({
  seed: trace.seed,
  initial_loss: trace.initial.loss,
  initial_accuracy: trace.initial.accuracy,
  final_loss: trace.final.loss,
  final_accuracy: trace.final.accuracy,
  initial_validation_loss: trace.initial.validation_loss,
  validation_loss: trace.final.validation_loss,
  validation_accuracy: trace.final.validation_accuracy,
  constant_loss: trace.constant_loss,
  steps_completed: trace.steps_completed,
  diverged_at_step: trace.divergence?.step ?? null,
  divergence: trace.divergence,
});

const statusOrder: readonly Verification['status'][] = ['verified', 'ineffective', 'not_run', 'harmful'];

/** Verified first; then by findings cleared, loss, effort. */
function rank<T extends Treated>(treated: readonly T[]): T[] {
  const loss = ({ arm }: Treated) => meanLoss(arm);
  return treated.toSorted(
    (a, b) =>
      statusOrder.indexOf(a.verification.status) - statusOrder.indexOf(b.verification.status) ||
      Number(b.arm.verdict === 'healthy') - Number(a.arm.verdict === 'healthy') ||
      b.verification.cleared.length - a.verification.cleared.length ||
      (loss(a) === loss(b) ? 0 : loss(a) - loss(b)) ||
      efforts.indexOf(a.candidate.remedy.effort) - efforts.indexOf(b.candidate.remedy.effort),
  );
}

const SCREENED_OUT =
  'screened out: others did better on the first seed and a third of the steps, and the budget ends there';

const notRun = (reason: string): Verification => ({
  status: 'not_run',
  reason,
  goal: null,
  seeds: [],
  cleared: [],
  introduced: [],
  effects: [],
});

function doseRow({ candidate: { remedy, dose }, curve }: Pick<Screened, 'candidate' | 'curve'>) {
  if (remedy.dose === undefined || dose === null) return null;
  const { name, unit } = remedy.dose;
  return { name, unit, value: dose, curve: [...curve] };
}

function remedyRow(
  { remedy, dose, experiment, patch }: Candidate,
  index: number,
  verification: Verification,
  screened: Screened | null = null,
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
    dose: doseRow({ candidate: { remedy, dose, experiment, patch }, curve: screened?.curve ?? [] }),
    screening: screened === null ? null : { value: screened.value, baseline: screened.baseline },
    verification,
    snippets: codeOf(experiment),
  };
}

interface Arms {
  readonly treated: readonly { readonly screened: Screened; readonly arm: Arm }[];
  readonly controls: readonly { readonly control: Control; readonly arm: Arm }[];
  /** Candidates that were not run, best first. */
  readonly left: readonly Screened[];
}

/**
 * The order in which screened candidates are verified: first the best of each kind of change that beat the baseline, so that
 * a small change is not crowded out by larger ones; then the others by value.
 */
function inOrder(screened: readonly Screened[]): Screened[] {
  const best = efforts.flatMap((effort) => {
    const first = screened.find(({ candidate }) => candidate.remedy.effort === effort);
    return first !== undefined && first.value < first.baseline ? [first] : [];
  });
  return [...best.toSorted((a, b) => a.value - b.value), ...screened.filter((one) => !best.includes(one))];
}

/** The best half of the screened ones, as far as the budget goes; of one or two, all. */
async function runArms(
  screened: readonly Screened[],
  controls: readonly Control[],
  seeds: readonly number[],
  runner: ArmRunner,
): Promise<Arms> {
  const running = Promise.all(
    controls.map(async (control) => ({
      control,
      arm: await runner.run(control.control, control.experiment, control.seeds),
    })),
  );
  // Where a treated arm fails first, as all do when the job is canceled, nobody is left to hear of these.
  running.catch(() => {});
  const half = Math.max(2, Math.ceil(screened.length / 2));
  // Kept back for a proof on fresh seeds of what will be recommended, should it be the dearest.
  let reserved = 0;
  const begin = (candidates: readonly Screened[], room: number) =>
    candidates.flatMap((one) => {
      const { remedy, experiment } = one.candidate;
      const cost = Math.max(reserved, runner.budget.costOf(experiment, seeds.length));
      if (room <= 0 || !runner.affords(experiment, seeds.length, cost)) return [];
      room--;
      reserved = cost;
      return [runner.run(remedy.remedy, experiment, seeds).then((arm) => ({ screened: one, arm }))];
    });
  const order = inOrder(screened);
  const first = await Promise.all(begin(order, Math.min(half, FIRST_WAVE)));
  const rest = order.filter((one) => first.every((treated) => treated.screened !== one));
  // Where no single change makes it healthy, the rest of the budget is for combinations.
  const helped = first.some(({ arm }) => arm.verdict === 'healthy');
  const second = await Promise.all(helped ? begin(rest, half - first.length) : []);
  const treated = [...first, ...second];
  return {
    treated,
    controls: await running,
    left: screened.filter((one) => treated.every(({ screened: done }) => done !== one)),
  };
}

/** So many candidates are verified before it is known whether one alone is enough. */
const FIRST_WAVE = 3;

interface Verified {
  readonly treated: readonly (Treated & { readonly screened: Screened })[];
  readonly controls: Report['controls'];
}

function verifyAll(baseline: Arm, { treated, controls }: Arms, rules: readonly string[]): Verified {
  const controlArms = controls.map(({ arm }) => arm);
  return {
    treated: treated.map(({ screened, arm }) => ({
      screened,
      candidate: screened.candidate,
      arm,
      verification: verify(baseline, arm, screened.candidate.remedy.treats, controlArms),
    })),
    controls: controls.map(({ control: { control, title, patch }, arm }) => ({
      control,
      title,
      patch,
      // Held to all findings, and against the other controls only: one cannot beat itself.
      verification: verify(
        baseline,
        arm,
        rules,
        controlArms.filter((other) => other !== arm),
      ),
    })),
  };
}

/** Consequences: with a cause that is found too, the cause is what to treat. */
const consequences: ReadonlySet<string> = new Set([
  'excessive_clipping',
  'update_ratio',
  'unchanged_parameters',
  'noisy_gradient',
  'sharpness',
  'unstable_loss',
  'slow_convergence',
  'loss_not_decreasing',
]);

const toTreat = (findings: readonly Check[]): string[] =>
  findings
    .filter(({ rule, caused_by }) => caused_by.length === 0 || !consequences.has(rule))
    .map(({ rule }) => rule);

/** Trains, diagnoses, tries the remedies against controls, recommends. Deterministic in the experiment. */
export async function runStudy(
  experiment: Experiment,
  dependencies: StudyDependencies,
): Promise<StudyReport> {
  const seeds = baselineSeeds(experiment);
  const budget = new Budget(experiment, seeds.length);
  const runner = new ArmRunner(dependencies, budget, estimateTrials(experiment));
  const spent = () => ({
    limit: BUDGET_ARMS,
    spent: budget.spent,
    unit: 'work of training the baseline on all of its seeds',
    out_of_time: dependencies.isOutOfTime(),
  });
  runner.enter('baseline');
  const baseline = await runner.run('baseline', experiment, seeds, true);
  const verdict = verdictOf(baseline.checks);
  const findings = seriousFindings(baseline.checks);
  const rules = findings.map(({ rule }) => rule);
  const report = {
    experiment,
    verdict,
    preflight: preflight(experiment, baseline),
    baseline: { runs: baseline.traces.map(runRow), layers: layerRows(baseline.traces[0] as Trace) },
    checks: [...baseline.checks],
    criteria: [...criteria],
  };
  const { candidates, not_applicable } = propose(experiment, toTreat(findings));
  if (verdict === 'healthy' || !experiment.remedies.verify) {
    runner.enter('report', runner.completed);
    const proposed = candidates.map((candidate, i) =>
      remedyRow(candidate, i, notRun('remedies.verify is false')),
    );
    const note = verdict === 'healthy' ? null : 'Nothing was verified: remedies.verify is false.';
    return {
      ...report,
      remedies: proposed,
      not_applicable: [...not_applicable],
      controls: [],
      budget: spent(),
      recommendation: null,
      recommendation_note: note,
    };
  }
  runner.enter('screening');
  const screened = await screen(experiment, candidates, rules, seeds[0] as number, runner);
  runner.enter('verification');
  const controls = createControls(experiment, seeds, rules, budget);
  const arms = await runArms(screened, controls, seeds, runner);
  const verified = verifyAll(baseline, arms, rules);
  const ranked = rank(verified.treated);
  runner.enter('recommendation');
  const freshSeeds = seeds.map((seed) => seed + seeds.length);
  const { recommendation, note } = await recommend({
    experiment,
    baseline,
    ranked,
    seeds,
    freshSeeds,
    runner,
  });
  runner.enter('report', runner.completed);
  return {
    ...report,
    remedies: [
      ...ranked.map((one, i) => remedyRow(one.candidate, i, one.verification, one.screened)),
      ...arms.left.map((one, i) => remedyRow(one.candidate, ranked.length + i, notRun(SCREENED_OUT), one)),
    ],
    not_applicable: [...not_applicable],
    controls: verified.controls,
    budget: spent(),
    recommendation,
    recommendation_note: note,
  };
}
