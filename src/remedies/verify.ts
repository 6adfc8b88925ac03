/** @file Judges an arm of the experiment against the baseline, paired on seeds, by criteria that were stated before. */
import { type Check, diagnose, seriousFindings, verdictOf } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import { ACCURACY_NOISE, type Goal, goalMetrics, goalOf, goalValue } from './goals.ts';
import { areLower } from './rank_test.ts';
import type { Effect, Verification } from './verification.ts';

/** Mean differences below this fraction of the baseline's mean loss matter to nobody, however regular they are. */
const MATERIAL = 0.05;

/** A loss that falls below this fraction of the baseline's on every seed has been cured of something, whatever is still found. */
const HALVED = 0.5;

/** In the report, as laid down before any run. */
export const criteria = [
  'cleared: at least one finding that the remedy treats is found (as critical or warning) on no treated run; or the goal is at most ' +
    'half of the baseline’s on every seed',
  'better: the goal is lower than the baseline’s on a majority of the paired seeds, and its mean paired difference is more ' +
    'negative than that of every control arm and than 5 % of the baseline’s mean; and its differences lie below 0 and below those of the ' +
    'controls in an order that chance gives once in twenty times at most (Mann–Whitney, one-sided), with few runs all below all. The goal is the final training loss ' +
    'without penalty, over that of a constant; where overfitting is treated, the validation loss (beside other findings only if ' +
    'it lies a quarter of a constant’s loss above the training loss on every split); where class imbalance is, 1 − the ' +
    'smallest recall of a class (of several labels or pixels, of each the smaller one of its two values, in the mean); where a loss that ' +
    'does not fit the output is, the fraction wrong of the training samples. Of the last ' +
    'two, the training loss where half of the seeds leave no room, 2 % at most. A loss that is not finite, or more than ten times a ' +
    'constant’s, counts as ten times a constant’s',
  'general: accuracy on validation data does not fall, in the mean, by more than 0.02 and more than in every control arm',
  'no harm: no rule is found as critical on the treated runs that was not found on the baseline',
  'verified = cleared and better and general and no harm; harmful = harm, or a loss that is worse on every seed and in the mean by ' +
    'more than any control arm and more than 5 % of the baseline’s mean; else ineffective',
  'intervals: mean paired difference ± t · s/√n, with Student’s t of n − 1 degrees of freedom for 95 %, s the standard ' +
    'deviation of the n paired differences; at 3 seeds t is 4.3, so that the interval is wide and honest',
  'proof: re-trained on at least three seeds that chose nothing, it is healthy in all of them together, nothing critical is found on any of them, and no ' +
    'rule warns on more than one in five (of fewer than five: one in three); or it is healthy on all but one of at least ten',
  'good enough: the goal is within 10 %, or within 2 % of a constant’s loss, of the best that was healthy on every seed and of what the ' +
    'reference reaches; smaller differences come from the seeds as well. Squared losses have to be within 10 %, or by their roots within ' +
    '2 % of a constant’s. Nor is the validation loss above that of another by more than ' +
    'a quarter and 5 % of a constant’s loss: what is gained by heart is no gain. Of what is good enough the smallest is recommended',
] as const;

/** All runs of one experiment, and what the rules say of them. */
export interface Arm {
  readonly experiment: Experiment;
  readonly traces: readonly Trace[];
  readonly checks: readonly Check[];
  readonly verdict: 'healthy' | 'unhealthy';
}

export function createArm(experiment: Experiment, traces: readonly Trace[]): Arm {
  const checks = diagnose(experiment, traces);
  return { experiment, traces, checks, verdict: verdictOf(checks) };
}

/** Two-sided 95 % quantiles of Student's t by degrees of freedom, 1 … 15. */
const T_95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131,
];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean ± t · s/√n of the paired differences; honest at three seeds because t is then 4.3. */
export function interval(differences: readonly number[]): (number | null)[] {
  const n = differences.length;
  const t = T_95[n - 2];
  if (t === undefined || !differences.every(Number.isFinite)) return [null, null];
  const center = mean(differences);
  const variance = differences.reduce((sum, value) => sum + (value - center) ** 2, 0) / (n - 1);
  const margin = t * Math.sqrt(variance / n);
  return [center - margin, center + margin];
}

const dataLoss = ({ final, divergence }: Trace): number => {
  const { data_loss: loss } = final;
  return divergence !== null || Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss;
};

/** The baseline's mean over the runs that have a value. */
const scaleOf = (goal: Goal, { traces }: Arm): number => {
  const finite = traces.map((trace) => goalValue(goal, trace)).filter(Number.isFinite);
  return finite.length === 0 ? 0 : Math.abs(mean(finite));
};

/** ∞ − ∞ is no change. */
const difference = (treated: number, baseline: number) => (treated === baseline ? 0 : treated - baseline);

function effect(metric: string, baseline: readonly number[], treated: readonly number[]): Effect {
  const differences = treated.map((value, i) => difference(value, baseline[i] as number));
  return {
    metric,
    baseline: [...baseline],
    treated: [...treated],
    mean_difference: mean(differences),
    confidence_interval: interval(differences),
  };
}

type Read = (trace: Trace) => number | null;

const LOSSES: readonly (readonly [metric: string, read: Read])[] = [
  ['final_loss', dataLoss],
  ['validation_loss', ({ final }) => final.validation_data_loss],
];

/** Of targets that are not standardized the one scale is the other. */
const ORIGINAL_LOSSES: typeof LOSSES = [
  ['final_loss_original_scale', ({ final }) => (final.original ? final.original.loss : final.data_loss)],
  [
    'validation_loss_original_scale',
    ({ final }) => (final.original ? final.original.validation_loss : final.validation_data_loss),
  ],
];

/** Losses of targets on two scales have no difference: where one arm standardizes them, those of the data's own scale have. */
function comparableLosses(baseline: Arm, treated: Arm): typeof LOSSES {
  const scaled = [baseline, treated].filter(({ experiment }) => experiment.data.standardize_targets).length;
  return [...(scaled === 1 ? [] : LOSSES), ...(scaled === 0 ? [] : ORIGINAL_LOSSES)];
}

/** Paired effects: first on the goal, by which the status is decided, then on losses and, for classification, accuracies. */
export function effectsOf(baseline: Arm, treated: Arm, goal: Goal): Effect[] {
  const pick = (arm: Arm, read: Read) => arm.traces.map(read);
  const metrics: (readonly [string, Read])[] = [
    [goalMetrics[goal], (trace) => goalValue(goal, trace)],
    ...comparableLosses(baseline, treated),
    ['validation_accuracy', ({ final }) => final.validation_accuracy],
    ['final_accuracy', ({ final }) => final.accuracy],
  ];
  return metrics.flatMap(([metric, read]) => {
    const [before, after] = [pick(baseline, read), pick(treated, read)];
    const present = (values: (number | null)[]): values is number[] => !values.includes(null);
    return present(before) && present(after) ? [effect(metric, before, after)] : [];
  });
}

const differencesOf = (goal: Goal, baseline: Arm, arm: Arm): number[] =>
  arm.traces.map((trace, i) =>
    difference(goalValue(goal, trace), goalValue(goal, baseline.traces[i] as Trace)),
  );

/** Mean paired change of the accuracy on validation data; 0 where there is none. */
function accuracyChange(baseline: Arm, arm: Arm): number {
  const changes = arm.traces.map(
    (trace, i) =>
      (trace.final.validation_accuracy ?? 0) - (baseline.traces[i]?.final.validation_accuracy ?? 0),
  );
  return mean(changes);
}

interface Facts {
  readonly cleared: readonly string[];
  readonly introduced: readonly string[];
  readonly critical: readonly string[];
}

/** Rules found, as critical or warning, on any single run. */
const foundOnAny = ({ experiment, traces }: Arm): Set<string> =>
  new Set(traces.flatMap((trace) => seriousFindings(diagnose(experiment, [trace])).map(({ rule }) => rule)));

function compare(baseline: Arm, arm: Arm): Facts {
  const before = seriousFindings(baseline.checks).map(({ rule }) => rule);
  const now = seriousFindings(arm.checks);
  const after = now.map(({ rule }) => rule);
  const onAny = foundOnAny(arm);
  const introduced = after.filter((rule) => !before.includes(rule));
  return {
    cleared: before.filter((rule) => !after.includes(rule) && !onAny.has(rule)),
    introduced,
    critical: now
      .filter(({ rule, severity }) => severity === 'critical' && introduced.includes(rule))
      .map(({ rule }) => rule),
  };
}

interface Signs {
  /** Accuracy on validation data falls. */
  readonly loses: boolean;
  /** The goal is halved on every seed. */
  readonly halved: boolean;
  /** The paired differences lie below those of the controls, and below none, by more than chance orders them. */
  readonly distinct: boolean;
}

function judge(
  facts: Facts,
  treats: readonly string[],
  differences: readonly number[],
  controls: readonly number[],
  scale: number,
  { loses, halved, distinct }: Signs,
): Pick<Verification, 'status' | 'reason'> {
  const change = mean(differences);
  const lower = differences.filter((value) => value < 0).length * 2 > differences.length;
  const better = lower && distinct && change < Math.min(-MATERIAL * scale, ...controls);
  const worse = differences.every((value) => value > 0) && change > Math.max(MATERIAL * scale, ...controls);
  if (facts.critical.length > 0)
    return { status: 'harmful', reason: `it brings ${facts.critical.join(', ')}` };
  if (worse)
    return { status: 'harmful', reason: 'the loss is worse on every seed, by more than any control arm' };
  const clears = facts.cleared.some((rule) => treats.includes(rule));
  const isControlled = controls.length > 0;
  if (!clears && !halved) {
    return {
      status: 'ineffective',
      reason: `it does not clear what it treats on every seed${better ? ', though the loss is lower' : ''}`,
    };
  }
  if (!better)
    return { status: 'ineffective', reason: 'the loss is not better than chance (the control arms) allows' };
  if (loses) return { status: 'ineffective', reason: 'accuracy on validation data falls' };
  return {
    status: 'verified',
    reason: clears
      ? `it clears ${facts.cleared.join(', ')}, with a lower loss${isControlled ? ' than any control arm' : ''}`
      : `it halves the loss on every seed${isControlled ? ', and more than any control arm does' : ''}`,
  };
}

/**
 * @param treats the rules that the remedy is for
 * @param controls arms that should not help
 */
export function verify(
  baseline: Arm,
  arm: Arm,
  treats: readonly string[],
  controls: readonly Arm[],
): Verification {
  const facts = compare(baseline, arm);
  const found = seriousFindings(baseline.checks).map(({ rule }) => rule);
  const goal = goalOf(
    found.filter((rule) => treats.includes(rule)),
    baseline.traces,
  );
  const chance = controls.map((control) => mean(differencesOf(goal, baseline, control)));
  const worst = Math.min(-ACCURACY_NOISE, ...controls.map((control) => accuracyChange(baseline, control)));
  const loses = goal === 'final_loss' && accuracyChange(baseline, arm) < worst;
  const halved = arm.traces.every(
    (trace, i) => goalValue(goal, trace) <= HALVED * goalValue(goal, baseline.traces[i] as Trace),
  );
  const differences = differencesOf(goal, baseline, arm);
  // The baseline differs from itself by nothing, from the controls by what chance does.
  const byChance = [baseline, ...controls].flatMap((other) => differencesOf(goal, baseline, other));
  const distinct = areLower(differences, byChance);
  return {
    ...judge(facts, treats, differences, chance, scaleOf(goal, baseline), { loses, halved, distinct }),
    goal,
    seeds: arm.traces.map(({ seed }) => seed),
    cleared: [...facts.cleared],
    introduced: [...facts.introduced],
    effects: effectsOf(baseline, arm, goal),
  };
}
