/** @file Runs a study from experiment to report. */
import { type Check, rootCauseOf, seriousFindings, verdictOfJob } from '../diagnosis/index.ts';
import {
  baselineSeeds,
  type Experiment,
  referenceExperiments,
  reportedExperiment,
} from '../experiment/index.ts';
import {
  type Arm,
  byCures,
  type Candidate,
  createArm,
  criteria,
  goalOf,
  propose,
  recipesFor,
  type Verification,
  verify,
} from '../remedies/index.ts';
import type { Trace } from '../statistics/index.ts';
import { ArmRunner } from './arms.ts';
import { BUDGET_ARMS, Budget } from './budget.ts';
import { type ControlArm, Controls, createControls, expectedControls } from './controls.ts';
import type { StudyDependencies, StudyReport } from './dependencies.ts';
import { toTreat } from './findings.ts';
import { combined, isTrained, type Trained } from './option.ts';
import { RATE_TRIALS, runRateTrials } from './rate_trials.ts';
import { recommend } from './recommend.ts';
import { referenceFacts, referenceRow, runReference } from './reference.ts';
import type { Report } from './report.ts';
import {
  combinationRows,
  layerRows,
  preflightRows,
  proposedRows,
  remedyRows,
  runRow,
} from './report_rows.ts';
import { screen } from './screening.ts';

/** About so many short trials are screened. */
const SCREENED = 40;
/** Where the budget allows many times that, a study has found what there is to find after about so many. */
const AMPLE = 150;

/** How many trials a study of this experiment will take, as far as one can guess: that depends on what it finds. */
export function estimateTrials(experiment: Experiment): number {
  const seeds = baselineSeeds(experiment).length;
  if (!experiment.remedies.verify) return seeds;
  const { limit } = new Budget(experiment, seeds);
  const least = seeds * BUDGET_ARMS + SCREENED;
  const trials = Math.max(least, Math.min(AMPLE, Math.round(seeds * limit) + SCREENED));
  return Math.min(trials, Math.max(seeds, experiment.remedies.max_trials ?? trials));
}

const statusOrder: readonly Verification['status'][] = ['verified', 'ineffective', 'not_run', 'harmful'];

/** Verified first; then by findings cleared, loss, effort. */
function rank(trained: readonly Trained[]): Trained[] {
  const loss = ({ value }: Trained) => value;
  return trained.toSorted(
    (a, b) =>
      statusOrder.indexOf(a.verification.status) - statusOrder.indexOf(b.verification.status) ||
      Number(b.arm.verdict === 'healthy') - Number(a.arm.verdict === 'healthy') ||
      b.verification.cleared.length - a.verification.cleared.length ||
      (loss(a) === loss(b) ? 0 : loss(a) - loss(b)) ||
      a.effort - b.effort,
  );
}

const counted =
  ({ train }: StudyDependencies, budget: Budget): StudyDependencies['train'] =>
  async (trial) => {
    budget.spend(trial.experiment, [trial.seed]);
    const trace = await train(trial);
    budget.refund(trial.experiment, trial.seed, trace.steps_completed);
    return trace;
  };

function controlRows(
  baseline: Arm,
  controls: readonly ControlArm[],
  rules: readonly string[],
): Report['controls'] {
  return controls.map(({ control: { control, title, patch }, arm }) => {
    // Held to all findings, and against the other controls only: one cannot beat itself.
    const others = controls.flatMap((other) => (other.arm === arm ? [] : [other.arm]));
    return { control, title, patch, verification: verify(baseline, arm, rules, others) };
  });
}

/** Other rates are tried where so many times as many trials are left: a small `max_trials` is for the remedies. */
const RATE_SHARE = 4;

/** What a higher and a lower learning rate do belongs to the diagnosis of the baseline, where it has not learned. */
async function withRates(baseline: Arm, train: StudyDependencies['train'], budget: Budget): Promise<Arm> {
  const { experiment, traces } = baseline;
  if (!budget.affords(budget.costOf(experiment, RATE_TRIALS), RATE_TRIALS * RATE_SHARE)) return baseline;
  const rate_trials = await runRateTrials(experiment, traces[0] as Trace, train);
  if (rate_trials.length === 0) return baseline;
  return createArm(
    experiment,
    traces.map((trace) => ({ ...trace, rate_trials })),
  );
}

/** What the diagnosis comes to, and what the treatment needs of it. */
interface Diagnosed {
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  readonly baseline: Arm;
  /** The serious findings. */
  readonly findings: readonly Check[];
  readonly runner: ArmRunner;
  /** What every report says of it. */
  readonly told: Pick<
    StudyReport,
    | 'experiment'
    | 'verdict'
    | 'root_cause'
    | 'to_measure'
    | 'preflight'
    | 'baseline'
    | 'reference'
    | 'checks'
    | 'criteria'
  >;
}

/** Beside the baseline, where the budget allows it. */
async function beginReference(experiment: Experiment, train: StudyDependencies['train'], budget: Budget) {
  const plain = referenceExperiments(experiment);
  const cost = plain.reduce((sum, one) => sum + budget.costOf(one.experiment, 1), 0);
  return budget.affords(cost, plain.length) ? runReference(experiment, train) : null;
}

async function diagnoseBaseline(experiment: Experiment, dependencies: StudyDependencies): Promise<Diagnosed> {
  const seeds = baselineSeeds(experiment);
  const budget = new Budget(experiment, seeds.length);
  // The diagnosis is part of what a study costs: its trials are counted like any other.
  const train = counted(dependencies, budget);
  budget.spend(experiment, seeds);
  const reference = beginReference(experiment, train, budget);
  const facts = reference.then((run) => (run === null ? null : referenceFacts(run)));
  // Whatever ends the one ends the baseline too, which is waited for first.
  facts.catch(() => {});
  const runner = new ArmRunner(dependencies, budget, estimateTrials(experiment), facts);
  runner.enter('baseline');
  runner.expect('control', expectedControls(experiment, seeds));
  const measured = await runner.run('baseline', experiment, seeds, true);
  const baseline = await withRates(measured, train, budget);
  const first = baseline.traces[0] as Trace;
  const told = {
    experiment: reportedExperiment(experiment),
    ...verdictOfJob(baseline.checks, baseline.traces),
    root_cause: rootCauseOf(baseline.checks),
    preflight: preflightRows(experiment, baseline),
    baseline: { runs: baseline.traces.map(runRow), layers: layerRows(first) },
    reference: referenceRow(await reference, first),
    checks: [...baseline.checks],
    criteria: [...criteria],
  };
  return { experiment, seeds, baseline, findings: seriousFindings(baseline.checks), runner, told };
}

/** What the remedies came to. */
type Treated = Omit<StudyReport, keyof Diagnosed['told'] | 'budget' | 'not_applicable'>;

/** Names what could be tried, and tries nothing. */
function treatNothing(candidates: readonly Candidate[], { told, runner }: Diagnosed): Treated {
  runner.enter('report', runner.completed);
  return {
    remedies: proposedRows(candidates, 'remedies.verify is false'),
    controls: [],
    combinations: [],
    failed_proofs: [],
    recommendation: null,
    recommendation_note:
      told.verdict === 'unhealthy' ? 'Nothing was verified: remedies.verify is false.' : null,
  };
}

/** Tries the remedies against controls, and recommends. */
async function treat(
  candidates: readonly Candidate[],
  { experiment, seeds, baseline, findings, runner }: Diagnosed,
): Promise<Treated> {
  const { budget } = runner;
  const rules = findings.map(({ rule }) => rule);
  runner.enter('screening');
  const goal = goalOf(rules, baseline.traces);
  const recipes = recipesFor(experiment, rules).map((recipe) => combined(recipe, rules));
  const planned = createControls(experiment, seeds, rules, budget);
  const controls = new Controls(planned, runner);
  const reserved = {
    arms: planned.slice(0, 1).reduce((sum, one) => sum + budget.costOf(one.experiment, one.seeds.length), 0),
    trials: planned.reduce((sum, one) => sum + one.seeds.length, 0),
  };
  const screening = await screen({ experiment, reserved, candidates, recipes, goal, seeds, runner });
  runner.enter('verification');
  if (candidates.length + recipes.length > 0) await controls.trainFirst();
  const comparison = { baseline, seeds, goal, controls: controls.arms };
  runner.enter('recommendation');
  const found = await recommend({
    ...{ ...comparison, experiment, rules, candidates, screening, runner },
    trainOtherControls: async () => ((await controls.trainOthers()) ? controls.arms : null),
  });
  runner.enter('report', runner.completed);
  const { recommendation, options } = found;
  return {
    remedies: remedyRows(rank(options.filter(isTrained)), screening.screened, options, {
      experiment,
      end: endOf(found, budget),
    }),
    controls: controlRows(baseline, controls.run, rules),
    combinations: combinationRows(experiment, options),
    failed_proofs: [...found.failed],
    recommendation,
    recommendation_note: found.note,
  };
}

/** Trains, diagnoses, tries the remedies against controls, recommends. Deterministic in the experiment. */
export async function runStudy(
  experiment: Experiment,
  dependencies: StudyDependencies,
): Promise<StudyReport> {
  const diagnosed = await diagnoseBaseline(experiment, dependencies);
  const { told, findings, runner } = diagnosed;
  const { candidates: proposed, not_applicable } = propose(experiment, toTreat(findings));
  const likelier = byCures(findings);
  const candidates = proposed.toSorted((a, b) => likelier(a.remedy, b.remedy));
  const isTreated = told.verdict === 'unhealthy' && experiment.remedies.verify;
  const treated = isTreated ? await treat(candidates, diagnosed) : treatNothing(candidates, diagnosed);
  const { limit, spent, trials } = runner.budget;
  return {
    ...told,
    ...treated,
    not_applicable: [...not_applicable],
    budget: {
      ...{ limit, spent, trials },
      unit: 'work of training the baseline on all of its seeds',
      out_of_time: dependencies.isOutOfTime(),
    },
  };
}

/** Why nothing more was done. */
const endOf = ({ recommendation }: { recommendation: unknown }, { refused }: Budget): string =>
  recommendation !== null
    ? 'something was proven before its turn came'
    : refused
      ? 'the budget ends there'
      : 'nothing that it could be combined with was enough';
