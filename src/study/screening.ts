/**
 * @file The first round: every candidate in every dose, and every recipe, on one seed; with all steps where the budget is
 * ample, else with a third of them.
 */
import { seriousFindings } from '../diagnosis/index.ts';
import { type Experiment, shortened } from '../experiment/index.ts';
import { applyRemedy, type Candidate, type Goal, goalValue } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { trainingKey } from './budget.ts';
import { type Change, nameOf } from './option.ts';
import type { Outcome, Screened } from './outcome.ts';
import { seedsToProve } from './proof.ts';

/** The share of the steps, where not all can be afforded. */
const SCREENING_SHARE = 1 / 3;
/** Shares of the budget: what screening with all steps, or with a part of them, may take altogether, and a single trial of it. */
const [WHOLE, PART, MAX_TRIAL] = [0.1, 0.25, 0.04];

/** A change after the first round. */
export interface Tried extends Change, Outcome {}

const untried = (left_out: 'work' | 'trials'): Outcome => ({
  ...{ value: Number.POSITIVE_INFINITY, healthy: false, share: 0, left_out },
});

/** Healthy ones first, then by the goal. */
export const byOutcome = (a: Outcome, b: Outcome): number =>
  Number(b.healthy) - Number(a.healthy) || (a.value === b.value ? 0 : a.value - b.value);

export async function runShortly(
  name: string,
  experiment: Experiment,
  goal: Goal,
  seed: number,
  runner: ArmRunner,
  share: number,
): Promise<Outcome> {
  const { traces, checks } = await runner.run(`screening/${name}`, shortened(experiment, share), [seed]);
  const value = traces[0] === undefined ? Number.POSITIVE_INFINITY : goalValue(goal, traces[0]);
  return { value, healthy: seriousFindings(checks).length === 0, share };
}

/** The candidate in every dose of its remedy, or as it is. */
function variants(candidate: Candidate, experiment: Experiment): Candidate[] {
  const { dose } = candidate.remedy;
  if (dose === undefined) return [candidate];
  return dose.values.flatMap((value) => {
    const applied = applyRemedy(candidate.remedy, experiment, value);
    return 'reason' in applied ? [] : [applied];
  });
}

/** The trials of a round, and whether nothing was left out but doses that cost too much, and what `max_trials` forbids. */
interface Round {
  readonly experiments: ReadonlySet<Experiment>;
  /** What could be paid for, had `max_trials` not forbidden it. */
  readonly uncounted: ReadonlySet<Experiment>;
  readonly all: boolean;
}

/** Where trials are few, as many as leave one option to complete and to prove; half of what another one leaves is for further steps. */
const FEWEST_TRIALS = 3;

function trialsFor({ reserved, runner, seeds }: ScreenInput): number {
  const left = runner.budget.trialsLeft - reserved.trials;
  const toProve = seedsToProve(seeds.length);
  return Math.min(left - toProve, Math.max(FEWEST_TRIALS, Math.floor((left - toProve - seeds.length) / 2)));
}

/** Usual doses before others, none that costs too much, in all no more than the part of the budget. */
function chosen(
  groups: readonly (readonly Experiment[])[],
  input: ScreenInput,
  share: number,
  part: number,
): Round {
  const { experiment: baseline, reserved, runner } = input;
  const { budget } = runner;
  const most = Math.max(0, ...groups.map(({ length }) => length));
  const inTurn = Array.from({ length: most }, (_, dose) => groups.flatMap((group) => group[dose] ?? []));
  const usual = new Set(groups.flatMap(([first]) => first ?? []));
  const costOf = (experiment: Experiment) => budget.costOf(shortened(experiment, share), 1);
  const isCheap = (experiment: Experiment) => costOf(experiment) <= MAX_TRIAL * budget.limit;
  const [experiments, uncounted] = [new Set<Experiment>(), new Set<Experiment>()];
  /** Equal ones are trained once: two recipes that come to the same are one trial. */
  const known = new Set<string>();
  // All steps of the baseline are known already.
  const [own, ownTrials] = share === 1 ? [0, 0] : [costOf(baseline), 1];
  const most_trials = trialsFor(input) - ownTrials;
  let spent = own;
  // Where trials are counted, all that matters is what those take that may be made.
  let all = Number.isFinite(most_trials) || [...usual].every(isCheap);
  for (const experiment of inTurn.flat().filter(isCheap)) {
    const next = spent + costOf(experiment);
    const key = trainingKey(experiment);
    if (known.has(key)) {
      experiments.add(experiment);
    } else if (known.size >= most_trials) {
      uncounted.add(experiment);
    } else if (next > part * budget.limit || !runner.affordsWork(next + reserved.arms, 0)) {
      all = false;
    } else {
      spent = next;
      known.add(key);
      experiments.add(experiment);
    }
  }
  return { experiments, uncounted, all };
}

const alternating = <T>(first: readonly T[], second: readonly T[]): T[] =>
  Array.from({ length: Math.max(first.length, second.length) }, (_, i) => [
    ...first.slice(i, i + 1),
    ...second.slice(i, i + 1),
  ]).flat();

export interface Screening {
  /** Which share of the steps was made. */
  readonly share: number;
  /** The goal of the baseline, by the same seed and steps. */
  readonly baseline: number;
  /** Best first. Ties keep the order in which they were given. */
  readonly screened: readonly Screened[];
  readonly recipes: readonly Tried[];
}

export interface ScreenInput {
  readonly experiment: Experiment;
  /** What has to be left for the control arms. */
  readonly reserved: { readonly arms: number; readonly trials: number };
  /** The likeliest first. */
  readonly candidates: readonly Candidate[];
  readonly recipes: readonly Change[];
  readonly goal: Goal;
  readonly seeds: readonly number[];
  readonly runner: ArmRunner;
}

export async function screen(input: ScreenInput): Promise<Screening> {
  const { experiment, candidates, recipes, goal, seeds, runner } = input;
  const seed = seeds[0] as number;
  const doses = candidates.map((candidate) => variants(candidate, experiment));
  // In turn, so that few trials are of both: of one change and of all that a recipe changes.
  const groups = alternating(
    recipes.map((recipe) => [recipe.experiment]),
    doses.map((one) => one.map((variant) => variant.experiment)),
  );
  const isCounted = Number.isFinite(runner.budget.trialsLeft);
  const whole = chosen(groups, input, 1, isCounted ? PART : WHOLE);
  const share = whole.all ? 1 : SCREENING_SHARE;
  const { experiments, uncounted } = whole.all ? whole : chosen(groups, input, share, PART);
  const tryOut = (name: string, one: Experiment): Promise<Outcome> =>
    experiments.has(one)
      ? runShortly(name, one, goal, seed, runner, share)
      : Promise.resolve(untried(uncounted.has(one) ? 'trials' : 'work'));
  // All at once, so that a failure, as of a canceled job, leaves no other one without a listener.
  const [{ value: baseline }, triedRecipes, results] = await Promise.all([
    experiments.size === 0 ? untried('work') : runShortly('baseline', experiment, goal, seed, runner, share),
    Promise.all(
      recipes.map(async (recipe) => ({ ...recipe, ...(await tryOut(nameOf(recipe), recipe.experiment)) })),
    ),
    Promise.all(candidates.map((candidate, i) => screenOne(candidate, doses[i] ?? [], tryOut))),
  ]);
  const screened = results.map((one) => ({ ...one, baseline })).toSorted(byOutcome);
  return { share, baseline, screened, recipes: triedRecipes };
}

async function screenOne(
  candidate: Candidate,
  doses: readonly Candidate[],
  tryOut: (name: string, experiment: Experiment) => Promise<Outcome>,
): Promise<Omit<Screened, 'baseline'>> {
  const tried = await Promise.all(
    doses.map(async (variant) => {
      const name = `${variant.remedy.remedy}${variant.dose ?? ''}`;
      return { variant, outcome: await tryOut(name, variant.experiment) };
    }),
  );
  const best = tried.toSorted((a, b) => byOutcome(a.outcome, b.outcome))[0];
  return {
    candidate: best?.variant ?? candidate,
    ...(best?.outcome ?? untried('work')),
    curve: tried.flatMap(({ variant: { dose }, outcome: { value, share } }) =>
      dose === null || share === 0 ? [] : [{ dose, value }],
    ),
  };
}
