/** @file What could be recommended, one remedy or several together, and its re-training on the study's seeds. */
import type { Check } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import { type Arm, efforts, type Verification, verify } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { findingsOfRuns } from './causes.ts';
import type { Screened } from './screening.ts';

/** Remedies applied to the study's experiment. */
export interface Change {
  readonly remedies: readonly string[];
  /** Rules that it is for. */
  readonly treats: readonly string[];
  /** Of the most laborious remedy: its place in `efforts`. */
  readonly effort: number;
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
}

export interface Trained extends Option {
  readonly verification: Verification;
}

export const isTrained = (option: Option): option is Trained => option.verification !== null;

export const nameOf = ({ remedies }: Change): string => remedies.join('+');

/** Final training loss without penalty, mean over seeds; ∞ where one diverged. */
export const meanLoss = ({ traces }: Arm): number =>
  traces.reduce(
    (sum, { final }) => sum + (Number.isFinite(final.data_loss) ? final.data_loss : Number.POSITIVE_INFINITY),
    0,
  ) / traces.length;

/** The same of the validation loss, where there is one: of what is learned equally well, it tells what will hold. */
function meanValidationLoss(arm: Arm): number {
  const { traces } = arm;
  if (traces.some(({ final }) => final.validation_data_loss === null)) return meanLoss(arm);
  const losses = traces.map(({ final }) => final.validation_data_loss ?? Number.NaN);
  return losses.every(Number.isFinite)
    ? losses.reduce((sum, loss) => sum + loss, 0) / losses.length
    : Number.POSITIVE_INFINITY;
}

/** Fewest remedies, then least effort, then lowest validation loss. */
export function bySize(a: Option, b: Option): number {
  const [lossA, lossB] = [meanValidationLoss(a.arm), meanValidationLoss(b.arm)];
  return (
    a.remedies.length - b.remedies.length || a.effort - b.effort || (lossA === lossB ? 0 : lossA - lossB)
  );
}

export const single = (screened: Screened): Change => {
  const { remedy, experiment } = screened.candidate;
  return {
    remedies: [remedy.remedy],
    treats: remedy.treats,
    effort: efforts.indexOf(remedy.effort),
    experiment,
    screened,
  };
};

/** The second round of successive halving: all steps, on the first seed. */
export async function begin(change: Change, seeds: readonly number[], runner: ArmRunner): Promise<Option> {
  const arm = await runner.run(nameOf(change), change.experiment, seeds.slice(0, 1));
  return { ...change, arm, verification: null, findings: findingsOfRuns(arm) };
}

/** What an option is compared with. */
export interface Comparison {
  readonly baseline: Arm;
  readonly controls: readonly Arm[];
  readonly seeds: readonly number[];
}

function judged(change: Change, arm: Arm, { baseline, controls }: Comparison): Trained {
  const verification = verify(baseline, arm, change.treats, controls);
  return { ...change, arm, verification, findings: findingsOfRuns(arm) };
}

/** The third: on all seeds, judged against the baseline and the controls. */
export async function complete(option: Option, comparison: Comparison, runner: ArmRunner): Promise<Trained> {
  const others = comparison.seeds.slice(1);
  if (others.length === 0) return judged(option, option.arm, comparison);
  const arm = await runner.run(nameOf(option), option.experiment, others);
  return judged(option, runner.join(option.arm, arm), comparison);
}

/** Both rounds at once. */
export async function train(change: Change, comparison: Comparison, runner: ArmRunner): Promise<Trained> {
  const arm = await runner.run(nameOf(change), change.experiment, comparison.seeds);
  return judged(change, arm, comparison);
}
