/** @file Runs a sick scenario's whole study, and tries what came of it on seeds that the study never saw. */
import { diagnose, seriousFindings } from '../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment, withSamples } from '../../src/experiment/index.ts';
import { goalOf, goalValue, remedies } from '../../src/remedies/index.ts';
import { lossRatio, type Trace } from '../../src/statistics/index.ts';
import { type Report, referenceFacts, runReference, runStudy } from '../../src/study/index.ts';
import { canonicalJson } from '../../src/util/json.ts';
import type { Scenario } from './scenario.ts';
import { forgetTrainings, trainOnce } from './trained.ts';

export interface RemedyOutcome {
  readonly remedy: string;
  readonly status: Report['remedies'][number]['verification']['status'];
  /** Findings that it treats and that were found. */
  readonly treated: readonly string[];
  readonly cleared: readonly string[];
}

export interface CureOutcome {
  readonly name: string;
  readonly half: Scenario['half'];
  /** The repaired twin learns the same data: no remedy makes other data. */
  readonly curable: boolean;
  readonly found: readonly string[];
  readonly remedies: readonly RemedyOutcome[];
  /** Control arms: how many there were, and how many were called verified. */
  readonly controls: { readonly run: number; readonly verified: number };
  readonly recommended: readonly string[];
  /** Null without a recommendation: whether it is healthy and learns on fresh seeds. */
  readonly holds: boolean | null;
  /** Of the recommended experiment on fresh seeds: what is found, and each final loss over that of a constant. */
  readonly fresh: { readonly found: readonly string[]; readonly loss_ratios: readonly number[] } | null;
  /** Mean over fresh seeds of the validation loss (where there is none, of the training loss) over a constant’s. */
  readonly levels: {
    readonly baseline: number;
    /** Null without a recommendation. */
    readonly recommended: number | null;
    readonly twin: number;
    readonly twin_found: readonly string[];
  } | null;
  /** What the study says where it recommends nothing, or something that falls short. */
  readonly note: string | null;
  /** Null without a recommendation: whether it comes within the margin of the least value of the goal of all that was verified. */
  readonly within_best: boolean | null;
  /** Null where nothing was verified: whether the best verified remedy beats the baseline in the mean of fresh seeds. */
  readonly stays_better: boolean | null;
  /** In arms. */
  readonly spent: number;
}

/** Far from those of studies, controls and proofs. */
const FRESH = [40_001, 40_002, 40_003, 40_004, 40_005];
/** Final loss over that of a constant: what the repaired twins reach. */
const LEARNED = 0.5;
/** A loss so many times a constant’s is lost, whatever it is. */
const LOST = 100;
/** Sicknesses that do not show in the training loss. */
const SILENT = ['overfitting', 'class_imbalance'];

const onFreshSeeds = async (experiment: Experiment): Promise<Trace[]> => {
  const traces: Trace[] = [];
  for (const seed of FRESH) traces.push(await trainOnce(experiment, seed));
  return traces;
};

const ratioOf = (trace: Trace): number =>
  trace.divergence === null ? lossRatio(trace) : Number.POSITIVE_INFINITY;

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** As the service diagnoses an experiment: held against a reference of its own. */
async function tryOnFreshSeeds(experiment: Experiment): Promise<NonNullable<CureOutcome['fresh']>> {
  const traces = await onFreshSeeds(experiment);
  const run = await runReference({ ...experiment, seed: FRESH[0] as number }, (trial) =>
    trainOnce(trial.experiment, trial.seed),
  );
  const reference = run === null ? null : referenceFacts(run);
  const checks = diagnose(
    experiment,
    traces.map((trace) => ({ ...trace, reference })),
  );
  return { found: seriousFindings(checks).map(({ rule }) => rule), loss_ratios: traces.map(ratioOf) };
}

/** Healthy by the rules, and learned on a majority of the seeds. */
function holds({ found, loss_ratios }: NonNullable<CureOutcome['fresh']>, sick: readonly string[]): boolean {
  const silent = sick.some((rule) => SILENT.includes(rule));
  const learned = loss_ratios.filter((ratio) => ratio < LEARNED).length * 2 > loss_ratios.length;
  return found.length === 0 && (silent || learned);
}

/** What counts in the end: the validation loss of what is not known by heart. */
const levelOf = (trace: Trace): number => {
  const { validation_data_loss: validation } = trace.final;
  const ratio = validation === null ? ratioOf(trace) : lossRatio(trace, validation);
  return trace.divergence === null && Number.isFinite(ratio) ? Math.min(LOST, ratio) : LOST;
};

const levelOn = async (experiment: Experiment): Promise<number> =>
  mean((await onFreshSeeds(experiment)).map(levelOf));

async function levels(
  baseline: Experiment,
  recommended: Experiment | null,
  twin: Scenario['experiment'],
): Promise<NonNullable<CureOutcome['levels']>> {
  const repaired = parsed(twin);
  return {
    baseline: await levelOn(baseline),
    recommended: recommended === null ? null : await levelOn(recommended),
    twin: await levelOn(repaired),
    twin_found: (await tryOnFreshSeeds(repaired)).found,
  };
}

/** Against remedies and combinations, by the mean over the study's seeds. */
function isWithinBest({ recommendation, remedies: singles, combinations }: Report): boolean | null {
  const reached = recommendation?.effects[0];
  if (recommendation === null || reached === undefined) return null;
  const { relative, absolute } = recommendation.goal.margin;
  const own = mean(reached.treated as number[]);
  const others = [...singles, ...combinations].flatMap(({ verification: { status, effects } }) => {
    const [effect] = effects;
    return status === 'verified' && effect?.metric === reached.metric
      ? [mean(effect.treated as number[])]
      : [];
  });
  const best = Math.min(own, ...others);
  return own <= best + Math.max(relative * best, absolute);
}

async function staysBetter(baseline: Experiment, report: Report): Promise<boolean | null> {
  const best = report.remedies.find(({ verification }) => verification.status === 'verified');
  if (best === undefined) return null;
  const remedy = remedies.find((one) => one.remedy === best.remedy);
  const change = remedy?.change(baseline, best.dose?.value ?? Number.NaN);
  if (change === undefined || 'reason' in change) return false;
  const parsed = parseExperiment(JSON.parse(JSON.stringify(change.experiment)));
  if (!parsed.ok) return false;
  const [before, after] = [await onFreshSeeds(baseline), await onFreshSeeds(parsed.value.experiment)];
  const goal = best.verification.goal ?? goalOf([], before);
  return (
    mean(after.map((trace) => goalValue(goal, trace))) < mean(before.map((trace) => goalValue(goal, trace)))
  );
}

/** What the data are, however they are scaled. */
function dataOf({ data }: Scenario['experiment']): string {
  const { standardize: _standardize, scale: _scale, ...rest } = data as Record<string, unknown>;
  return canonicalJson(rest);
}

function parsed(config: Scenario['experiment']): Experiment {
  const result = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

export async function cureScenario({
  name,
  half,
  experiment: config,
  sickness,
}: Scenario): Promise<CureOutcome> {
  forgetTrainings();
  const experiment = parsed(config);
  const report = (await runStudy(experiment, {
    train: ({ experiment: one, seed }) => trainOnce(one, seed),
    onProgress: () => {},
    isOutOfTime: () => false,
  })) as Report;
  const found = report.checks
    .filter(({ status, severity }) => status === 'found' && severity !== 'info')
    .map(({ rule }) => rule);
  const { recommendation } = report;
  const recommended = recommendation === null ? null : withSamples(recommendation.experiment, experiment);
  const fresh = recommended === null ? null : await tryOnFreshSeeds(recommended);
  return {
    name,
    half,
    curable: sickness !== null && dataOf(config) === dataOf(sickness.twin),
    found,
    remedies: report.remedies.map(({ remedy, treats, verification }) => ({
      remedy,
      status: verification.status,
      treated: treats.filter((rule) => found.includes(rule)),
      cleared: verification.cleared,
    })),
    controls: {
      run: report.controls.length,
      verified: report.controls.filter(({ verification }) => verification.status === 'verified').length,
    },
    recommended: recommendation?.remedies ?? [],
    holds: fresh === null ? null : holds(fresh, found),
    fresh,
    levels: sickness === null ? null : await levels(experiment, recommended, sickness.twin),
    note: report.recommendation_note,
    within_best: isWithinBest(report),
    stays_better: await staysBetter(experiment, report),
    spent: report.budget.spent,
  };
}
