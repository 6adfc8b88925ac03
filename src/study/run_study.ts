/** @file Runs a study from experiment to report. */
import { seriousFindings, verdictOf } from '../diagnosis/index.ts';
import { baselineSeeds, type Experiment, planExperiment } from '../experiment/index.ts';
import {
  type Arm,
  type Candidate,
  codeOf,
  criteria,
  efforts,
  meanLossDifference,
  propose,
  remedies,
  type Verification,
  verify,
} from '../remedies/index.ts';
import type { Trace } from '../statistics/index.ts';
import { ArmRunner } from './arms.ts';
import { type Control, createControls } from './controls.ts';
import { meanLoss, recommend, type Treated } from './recommend.ts';
import type { Report } from './report.ts';
import type { StudyDependencies, StudyReport } from './study.ts';

const CONTROLS = 2;
/** Upper limit of the recommendation's trainings, in arms: combinations and proofs. */
const RECOMMENDATION_ARMS = 2;

/** The most trials that a study of this experiment is expected to take. */
export function estimateTrials(experiment: Experiment): number {
  const seeds = baselineSeeds(experiment).length;
  if (!experiment.remedies.verify) return seeds;
  return seeds * (1 + remedies.length + CONTROLS + RECOMMENDATION_ARMS);
}

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

function preflight(experiment: Experiment, { traces }: Arm): Report['preflight'] {
  const plan = planExperiment(experiment);
  const probed = experiment.diagnostics.probe_every > 0;
  const measured = (layer: string, tensor: string) =>
    probed ? mean(traces.map((trace) => stepZero(trace, layer, tensor))) : null;
  return {
    parameters: plan.parameter_count,
    flops_per_step: plan.flops_per_step,
    layers: layerRows(traces[0] as Trace).map((row) => ({
      ...row,
      measured_output_rms: measured(row.layer, 'output'),
      measured_gradient_rms: measured(row.layer, 'output_gradient'),
    })),
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
function rank(treated: readonly Treated[]): Treated[] {
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

const notRun: Verification = {
  status: 'not_run',
  reason: 'remedies.verify is false',
  seeds: [],
  cleared: [],
  introduced: [],
  effects: [],
};

function remedyRow(
  { remedy, experiment, patch }: Candidate,
  index: number,
  verification: Verification,
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
    verification,
    snippets: codeOf(experiment),
  };
}

interface Verified {
  readonly treated: Treated[];
  readonly controls: Report['controls'];
}

async function verifyAll(
  baseline: Arm,
  candidates: readonly Candidate[],
  controls: readonly Control[],
  rules: readonly string[],
  runner: ArmRunner,
): Promise<Verified> {
  const seeds = baseline.traces.map(({ seed }) => seed);
  const [controlArms, arms] = await Promise.all([
    Promise.all(controls.map(({ control, experiment, seeds: own }) => runner.run(control, experiment, own))),
    Promise.all(candidates.map(({ remedy, experiment }) => runner.run(remedy.remedy, experiment, seeds))),
  ]);
  const chance = controlArms.map((arm) => meanLossDifference(baseline, arm));
  return {
    treated: candidates.map((candidate, i) => ({
      candidate,
      arm: arms[i] as Arm,
      verification: verify(baseline, arms[i] as Arm, candidate.remedy.treats, chance),
    })),
    controls: controls.map(({ control, title, patch }, i) => ({
      control,
      title,
      patch,
      // Held to all findings, and against the other control only: one cannot beat itself.
      verification: verify(
        baseline,
        controlArms[i] as Arm,
        rules,
        chance.filter((_, j) => j !== i),
      ),
    })),
  };
}

/** Trains, diagnoses, tries the remedies against controls, recommends. Deterministic in the experiment. */
export async function runStudy(
  experiment: Experiment,
  dependencies: StudyDependencies,
): Promise<StudyReport> {
  const seeds = baselineSeeds(experiment);
  const runner = new ArmRunner(dependencies, estimateTrials(experiment));
  runner.enter('baseline');
  const baseline = await runner.run('baseline', experiment, seeds, true);
  const verdict = verdictOf(baseline.checks);
  const rules = seriousFindings(baseline.checks).map(({ rule }) => rule);
  const report = {
    experiment,
    verdict,
    preflight: preflight(experiment, baseline),
    baseline: { runs: baseline.traces.map(runRow), layers: layerRows(baseline.traces[0] as Trace) },
    checks: [...baseline.checks],
    criteria: [...criteria],
  };
  const { candidates, not_applicable } = propose(experiment, rules);
  if (verdict === 'healthy' || !experiment.remedies.verify) {
    runner.enter('report', runner.completed);
    const proposed = candidates.map((candidate, i) => remedyRow(candidate, i, notRun));
    const note = verdict === 'healthy' ? null : 'Nothing was verified: remedies.verify is false.';
    return {
      ...report,
      remedies: proposed,
      not_applicable: [...not_applicable],
      controls: [],
      recommendation: null,
      recommendation_note: note,
    };
  }
  const controls = createControls(experiment, seeds);
  const arms = candidates.length + controls.length;
  runner.enter('verification', runner.completed + seeds.length * (arms + RECOMMENDATION_ARMS));
  const verified = await verifyAll(baseline, candidates, controls, rules, runner);
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
    remedies: ranked.map(({ candidate, verification }, i) => remedyRow(candidate, i, verification)),
    not_applicable: [...not_applicable],
    controls: verified.controls,
    recommendation,
    recommendation_note: note,
  };
}
