/** @file Grows options by a further remedy for what is still found, tried on one seed. */
import type { Experiment } from '../experiment/index.ts';
import type { Arm, Goal } from '../remedies/index.ts';
import { lossRatio } from '../statistics/index.ts';
import type { ArmRunner } from './arms.ts';
import { findingsOfRuns, sickSeeds, toTreat } from './findings.ts';
import { combined, keyOf, nameOf, type Option } from './option.ts';
import { partnersOf } from './partners.ts';
import { seedsToProve } from './proof.ts';
import { byOutcome, runShortly, type Screening, type Tried } from './screening.ts';

/** Remedies that a combination may hold. */
const MAX_COMBINED = 8;
/** Remedies, and doses of one, by which an option is grown at once. */
const MAX_PARTNERS = 14;

/** How far an option is from healthy: its loss in steps of a twentieth of a constant's, then what is still found. */
const distanceOf = ({ arm: { traces, checks } }: Option): [number, number] => {
  const ratios = traces.map((trace) => {
    const ratio = lossRatio(trace);
    return Number.isFinite(ratio) ? Math.min(10, ratio) : 10;
  });
  const found = checks.filter(({ status, severity }) => status === 'found' && severity !== 'info');
  return [Math.round(20 * (ratios.reduce((a, b) => a + b, 0) / ratios.length)), found.length];
};

/** Nearest first. */
export function byDistance(a: Option, b: Option): number {
  const [[lossA, foundA], [lossB, foundB]] = [distanceOf(a), distanceOf(b)];
  return lossA - lossB || foundA - foundB;
}

export interface GrowInput {
  /** The serious findings of the baseline. */
  readonly rules: readonly string[];
  readonly experiment: Experiment;
  readonly goal: Goal;
  readonly seeds: readonly number[];
  readonly runner: ArmRunner;
  readonly screening: Screening;
}

/** What is looked for in a network that is healthy and could learn more. */
const LEARN_MORE = ['underfitting', 'slow_convergence'];

/**
 * Every combination of the option with one more remedy, best first; as many as leave budget for training one of them on all
 * seeds, and on one more to prove it.
 * @param proof that failed, or left something to gain
 * @param known combinations that were tried already
 */
export async function growTried(
  base: Option,
  proof: Arm | null,
  known: ReadonlySet<string>,
  { experiment, rules: treats, goal, seeds, runner, screening: { screened, share } }: GrowInput,
): Promise<Tried[]> {
  if (base.parts.length >= MAX_COMBINED) return [];
  const left = [...base.findings, ...(proof === null ? [] : findingsOfRuns(proof))];
  const rules = left.length === 0 ? LEARN_MORE : [...new Set(toTreat(left))];
  // Where something was found, so that a partner can show what it does against it.
  const sick = [...sickSeeds(base.arm), ...(proof === null ? [] : sickSeeds(proof))];
  const seed = (sick[0] ?? seeds[0]) as number;
  const singles = screened.map(({ candidate }) => candidate);
  // With all steps, what comes out is begun.
  const further = seedsToProve(seeds.length) + (share === 1 ? 0 : 1);
  const running = partnersOf(base, rules, experiment, singles)
    .filter((partner) => !known.has(keyOf(partner)))
    .slice(0, MAX_PARTNERS)
    .flatMap(({ remedy: { remedy }, dose, experiment: changed }) => {
      const one = runner.budget.costOf(changed, 1);
      // One of them is to be completed and proven afterwards; those that run are counted already.
      if (!runner.affordsWork(one * (share + further), 1 + further)) return [];
      const parts = [...base.parts, { remedy, dose }];
      const change = combined({ parts, experiment: changed }, treats);
      const outcome = runShortly(nameOf(change), changed, goal, seed, runner, share);
      return [outcome.then((known) => ({ ...change, ...known }))];
    });
  return (await Promise.all(running)).toSorted(byOutcome);
}
