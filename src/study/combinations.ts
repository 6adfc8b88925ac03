/** @file Grows options by a further remedy for what is still found, tried on one seed and a third of the steps. */
import type { Experiment } from '../experiment/index.ts';
import { applyRemedy, type Candidate, efforts, type Goal, propose } from '../remedies/index.ts';
import { lossRatio } from '../statistics/index.ts';
import { canonicalJson } from '../util/json.ts';
import type { ArmRunner } from './arms.ts';
import type { Change, Option } from './option.ts';
import { byOutcome, type Outcome, runShortly, SCREENING_SHARE } from './screening.ts';

/** A combination that was tried shortly. */
export interface Combination extends Change, Outcome {}

/** Remedies that a combination may hold. */
const MAX_COMBINED = 3;
/** Remedies by which one option is grown at once. */
const MAX_PARTNERS = 10;

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

/** @param singles names of the remedies that helped alone, best first */
function partnersOf(
  base: Option,
  rules: readonly string[],
  experiment: Experiment,
  singles: readonly Candidate[],
): Candidate[] {
  const rankOf = ({ remedy: { remedy } }: Candidate): number => {
    const at = singles.findIndex((single) => single.remedy.remedy === remedy);
    return at === -1 ? singles.length : at;
  };
  /** With the dose that did best alone. */
  const dosed = (candidate: Candidate): Candidate => {
    const dose = singles[rankOf(candidate)]?.dose ?? candidate.dose;
    const applied = applyRemedy(candidate.remedy, base.experiment, dose);
    return 'reason' in applied ? candidate : applied;
  };
  /** What comes out is the partner alone: it takes the place of the base's change. */
  const replaces = (candidate: Candidate): boolean => {
    const alone = applyRemedy(candidate.remedy, experiment, candidate.dose);
    return !('reason' in alone) && canonicalJson(alone.experiment) === canonicalJson(candidate.experiment);
  };
  return propose(base.experiment, rules)
    .candidates.filter(({ remedy }) => !base.remedies.includes(remedy.remedy))
    .map(dosed)
    .filter((candidate) => !replaces(candidate))
    .toSorted((a, b) => rankOf(a) - rankOf(b));
}

export interface GrowInput {
  /** The serious findings of the baseline. */
  readonly rules: readonly string[];
  readonly experiment: Experiment;
  readonly goal: Goal;
  readonly seeds: readonly number[];
  /** On which combinations are tried. */
  readonly seed: number;
  readonly runner: ArmRunner;
  /** Every remedy that was tried alone, best first. */
  readonly singles: readonly Candidate[];
}

/**
 * Every combination of the option with one more remedy, best first; as many as leave budget for training one of them on all
 * seeds, and on one more to prove it.
 * @param rules what is left to treat
 * @param known combinations that were tried already
 */
export async function grow(
  base: Option,
  rules: readonly string[],
  known: ReadonlySet<string>,
  { experiment, rules: treats, goal, seeds, seed, runner, singles }: GrowInput,
): Promise<Combination[]> {
  if (base.remedies.length >= MAX_COMBINED) return [];
  let reserved = 0;
  const running = partnersOf(base, rules, experiment, singles)
    .filter((partner) => !known.has(canonicalJson(partner.experiment)))
    .slice(0, MAX_PARTNERS)
    .flatMap((partner) => {
      const full = runner.budget.costOf(partner.experiment, seeds.length);
      const one = full / seeds.length;
      reserved = Math.max(reserved, full + one);
      if (!runner.affordsWork(one * SCREENING_SHARE + reserved, seeds.length + 2)) return [];
      const remedies = [...base.remedies, partner.remedy.remedy];
      const effort = Math.max(base.effort, efforts.indexOf(partner.remedy.effort));
      const result = { remedies, treats, effort, experiment: partner.experiment, screened: null };
      const outcome = runShortly(remedies.join('+'), partner.experiment, goal, seed, runner);
      return [outcome.then((known) => ({ ...result, ...known }))];
    });
  return (await Promise.all(running)).toSorted(byOutcome);
}
