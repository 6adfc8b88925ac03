/** @file What could be recommended, one remedy or several together, and its re-training on the study's seeds. */
import type { Check } from '../diagnosis/index.ts';
import { type Experiment, textOf } from '../experiment/index.ts';
import {
  type Arm,
  type Effort,
  effortOf,
  efforts,
  type Goal,
  goalValue,
  type Part,
  type Recipe,
  type Verification,
  verify,
} from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { findingsOfRuns } from './findings.ts';
import { mean } from './goal.ts';
import type { Screened } from './outcome.ts';

/** Remedies applied to the study's experiment. */
export interface Change {
  readonly remedies: readonly string[];
  /** The same with their doses, in the order in which they are applied. */
  readonly parts: readonly Part[];
  /** Rules that it is for. */
  readonly treats: readonly string[];
  /** The place of the most laborious remedy in `efforts`. */
  readonly effort: number;
  /** What all remedies cost whoever takes them: see `COSTS`. */
  readonly cost: number;
  readonly experiment: Experiment;
  /** Where it is one remedy alone. */
  readonly screened: Screened | null;
}

/** A change that was re-trained: on the first seed, or on all. */
export interface Option extends Change {
  readonly arm: Arm;
  /** Null until it was re-trained on all seeds. */
  readonly verification: Verification | null;
  /** Serious findings of any single run: with none, every run is healthy. */
  readonly findings: readonly Check[];
  /** The value of the goal of each run, and their mean. */
  readonly values: readonly number[];
  readonly value: number;
  /** The mean over the runs of its proof as well, once there is one: what was chosen by few seeds may be lucky on them. */
  readonly expected: number;
  /** Of each run the validation loss, where there is one, over a constant’s: of what is learned equally well, it tells what will hold. */
  readonly validations: readonly number[];
}

export interface Trained extends Option {
  readonly verification: Verification;
}

export const isTrained = (option: Option): option is Trained => option.verification !== null;
export const isHealthy = ({ findings }: Option): boolean => findings.length === 0;

export const nameOf = ({ remedies }: Change): string => remedies.join('+');

/** Equal experiments have equal keys. A pursuit asks for the same ones at every turn, while the threads wait. */
export const keyOf = ({ experiment }: Pick<Change, 'experiment'>): string => textOf(experiment);

/** What its runs reach. */
function reachedBy(
  arm: Arm,
  goal: Goal,
): Pick<Option, 'arm' | 'findings' | 'values' | 'value' | 'expected' | 'validations'> {
  const values = arm.traces.map((trace) => goalValue(goal, trace));
  const isSplit = arm.traces.every(({ final }) => final.validation_data_loss !== null);
  const validations = arm.traces.map((trace) => goalValue(isSplit ? 'validation_loss' : 'final_loss', trace));
  const value = mean(values);
  return { arm, findings: findingsOfRuns(arm), values, value, expected: value, validations };
}

/** Means over the runs that both have, which are of the same seeds: others split the data otherwise. */
export function paired(a: readonly number[], b: readonly number[]): [number, number] {
  const runs = Math.min(a.length, b.length);
  return [mean(a.slice(0, runs)), mean(b.slice(0, runs))];
}

/**
 * What a remedy costs whoever takes it, in settings. New layers stay in the network, and in everything that is built around it: two lines
 * of its settings are a smaller change than they are, and three a larger one. Chosen by this project.
 */
const COSTS: Readonly<Record<Effort, number>> = {
  setting: 1,
  initializer: 1,
  activation: 1.5,
  architecture: 2.5,
};

const costOf = (names: readonly string[]): number =>
  names.reduce((sum, name) => sum + COSTS[effortOf(name)], 0);

/** What the two cheapest of its parts cost. */
export const leastOf = ({ remedies: names }: Change): number =>
  costOf(names.toSorted((a, b) => costOf([a]) - costOf([b])).slice(0, 2));

/** By how many settings more the first touches, of two single remedies: another rate is less than another optimizer. */
function touchedMore(a: Change, b: Change): number {
  const touched = ({ screened }: Change): number | null => screened?.candidate.patch.length ?? null;
  const [own, other] = [touched(a), touched(b)];
  return own === null || other === null ? 0 : own - other;
}

/** By cost, then by remedies, by the most laborious of them, and by what they touch: negative where the first is smaller. */
const sizes = (a: Change, b: Change): number =>
  a.cost - b.cost || a.remedies.length - b.remedies.length || a.effort - b.effort || touchedMore(a, b);

/** The smallest first; of equally small ones that of the lowest validation loss. */
export function bySize(a: Option, b: Option): number {
  const [lossA, lossB] = paired(a.validations, b.validations);
  return sizes(a, b) || (lossA === lossB ? 0 : lossA - lossB);
}

export const isSmaller = (a: Change, b: Change): boolean => sizes(a, b) < 0;

/** A validation loss that is higher than another by more is no chance: times the other, and of a constant’s loss. */
const OVERDONE = { times: 1.25, plus: 0.05 } as const;

/** Whether validation losses are clearly worse than others: on samples that were not trained on, no chance makes such a difference. */
export function isBehind(validations: readonly number[], others: readonly number[]): boolean {
  const [own, other] = paired(validations, others);
  return own > OVERDONE.times * other + OVERDONE.plus;
}

/** Whether a smaller change is clearly better on samples that were not trained on: what this one gains is learned by heart. */
export const isOverdone = (option: Option, others: readonly Option[]): boolean =>
  others.some(
    (other) =>
      isHealthy(other) && isSmaller(other, option) && isBehind(option.validations, other.validations),
  );

export const single = (screened: Screened): Change => {
  const { remedy, dose, experiment } = screened.candidate;
  return {
    remedies: [remedy.remedy],
    parts: [{ remedy: remedy.remedy, dose }],
    treats: remedy.treats,
    effort: efforts.indexOf(remedy.effort),
    cost: costOf([remedy.remedy]),
    experiment,
    screened,
  };
};

/** @param treats what it is for: all that was found */
export const combined = (
  { parts, experiment }: Pick<Recipe, 'parts' | 'experiment'>,
  treats: readonly string[],
): Change => ({
  remedies: parts.map(({ remedy }) => remedy),
  parts,
  treats,
  effort: Math.max(...parts.map(({ remedy }) => efforts.indexOf(effortOf(remedy)))),
  cost: costOf(parts.map(({ remedy }) => remedy)),
  experiment,
  screened: null,
});

/** What an option is compared with. */
export interface Comparison {
  readonly baseline: Arm;
  readonly controls: readonly Arm[];
  readonly seeds: readonly number[];
  readonly goal: Goal;
}

/** All steps, on the first seed. */
export async function begin(
  change: Change,
  { seeds, goal }: Pick<Comparison, 'seeds' | 'goal'>,
  runner: ArmRunner,
): Promise<Option> {
  const arm = await runner.run(nameOf(change), change.experiment, seeds.slice(0, 1));
  return { ...change, ...reachedBy(arm, goal), verification: null };
}

/** Judged against other controls than before. */
export const judgedAgain = (option: Trained, { baseline, controls }: Comparison): Trained => ({
  ...option,
  verification: verify(baseline, option.arm, option.treats, controls),
});

/** With what its proof reaches. */
export const withProof = (option: Trained, { traces }: Arm, goal: Goal): Trained => ({
  ...option,
  expected: mean([...option.values, ...traces.map((trace) => goalValue(goal, trace))]),
});

/** What both are expected to reach; of what was begun only, on the seeds that both have. */
export const expectedOf = (a: Option, b: Option): [number, number] =>
  isTrained(a) && isTrained(b) ? [a.expected, b.expected] : paired(a.values, b.values);

/** On all seeds, judged against the baseline and the controls. */
export async function complete(option: Option, comparison: Comparison, runner: ArmRunner): Promise<Trained> {
  const { seeds, baseline, controls, goal } = comparison;
  const others = seeds.slice(option.arm.traces.length);
  const arm =
    others.length === 0
      ? option.arm
      : runner.join(option.arm, await runner.run(nameOf(option), option.experiment, others));
  const verification = verify(baseline, arm, option.treats, controls);
  return { ...option, ...reachedBy(arm, goal), verification };
}
