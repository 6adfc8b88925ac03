/** @file The rounds around the recommendation: what is trained in full before it is sought, and what with the rest of the budget. */
import { type Candidate, efforts } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import {
  begin,
  bySize,
  type Comparison,
  complete,
  isHealthy,
  isSmaller,
  isTrained,
  nameOf,
  type Option,
  single,
  type Trained,
} from './option.ts';
import type { Screened } from './outcome.ts';
import { byOutcome, type Screening, type Tried } from './screening.ts';

/** A goal that is lower than the baseline's by less, on one seed, says nothing. */
const HELPED = 0.95;
/** So many candidates are re-trained on the first seed before a recommendation is sought; more where nothing can be told. */
const [FIRST_WAVE, INDISTINCT_WAVE] = [3, 8];
/** A third of the steps has shown nothing where even the best has not left the baseline's level by so much. */
const INDISTINCT = 0.9;
/** So many candidates are judged on all seeds at most, for the table of remedies. */
const MAX_JUDGED = 4;
/** Alternatives to the recommendation. */
const MAX_FRONT = 4;

/**
 * The order in which screened candidates are re-trained: first the best of each kind of change that helped, so that a
 * small change is not crowded out by larger ones; then the others.
 */
export function inOrder(screened: readonly Screened[]): Screened[] {
  const best = efforts.flatMap((effort) => {
    const first = screened.find(({ candidate }) => candidate.remedy.effort === effort);
    return first !== undefined && first.value < HELPED * first.baseline ? [first] : [];
  });
  return [...best.toSorted(byOutcome), ...screened.filter((one) => !best.includes(one))];
}

/**
 * What is trained in full from the start. Where screening had all steps, that is all that was healthy, at no cost. Where a short trial
 * told nothing, what has cured such findings most often.
 * @param candidates the likeliest first
 */
export function firstWave(
  { share, baseline, screened, recipes }: Screening,
  candidates: readonly Candidate[],
): Tried[] {
  const asTried = (one: Screened): Tried => ({ ...single(one), ...one });
  const singles = screened.filter((one) => one.share > 0);
  const usable = recipes.filter((one) => one.share > 0).toSorted(byOutcome);
  if (share === 1) {
    const all = [...singles.map(asTried), ...usable];
    return all.filter((one, i) => one.healthy || i < FIRST_WAVE);
  }
  const isIndistinct = singles.every(({ value }) => value > INDISTINCT * baseline);
  const rankOf = ({ candidate: { remedy } }: Screened) =>
    candidates.findIndex((candidate) => candidate.remedy === remedy);
  const order = isIndistinct ? singles.toSorted((a, b) => rankOf(a) - rankOf(b)) : inOrder(singles);
  const wave = order.slice(0, isIndistinct ? INDISTINCT_WAVE : FIRST_WAVE).map(asTried);
  return [...wave, ...usable.slice(0, 2)];
}

/** Those that can be trained on the first seed so that one of them can still be completed and proven. @param toProve trials that this takes */
export function affordableOf(tried: readonly Tried[], toProve: number, runner: ArmRunner): Tried[] {
  let [spent, trials] = [0, 0];
  return tried.filter(({ experiment, share }) => {
    const one = runner.budget.costOf(experiment, 1);
    const unknown = share === 1 ? 0 : 1;
    if (!runner.affordsWork(spent + one * (unknown + toProve), trials + unknown + toProve)) return false;
    spent += one * unknown;
    trials += unknown;
    return true;
  });
}

/** The best of each kind of change that helped and of which nothing was judged: what was completed on the way may be of one kind. */
const newKinds = (open: readonly Screened[], done: readonly Option[]): Screened[] =>
  efforts.flatMap((effort, i) => {
    if (done.some((option) => option.effort === i)) return [];
    const first = open.find(({ candidate }) => candidate.remedy.effort === effort);
    return first !== undefined && first.value < HELPED * first.baseline ? [first] : [];
  });

/** With what is left of the budget: the best candidates on all seeds, so that the report can say what each of them does. */
export async function judgeOthers(
  order: readonly Screened[],
  options: readonly Option[],
  comparison: Comparison,
  runner: ArmRunner,
): Promise<Option[]> {
  const { seeds } = comparison;
  const done = options.filter((option) => option.screened !== null && isTrained(option));
  const open = order.filter((one) => done.every((option) => option.screened?.candidate !== one.candidate));
  const kinds = newKinds(open, done);
  const others = open.filter((one) => !kinds.includes(one));
  const waiting = [...kinds, ...others.slice(0, Math.max(0, MAX_JUDGED - done.length - kinds.length))];
  let [spent, trials] = [0, 0];
  const running = waiting.flatMap((one) => {
    const begun = options.find(({ screened }) => screened?.candidate === one.candidate);
    const missing = seeds.length - (begun?.arm.traces.length ?? 0);
    const cost = runner.budget.costOf(one.candidate.experiment, missing);
    if (!runner.affordsWork(spent + cost, trials + missing)) return [];
    spent += cost;
    trials += missing;
    return [judge(one, begun, comparison, runner)];
  });
  const judged = await Promise.all(running);
  const isJudged = ({ screened }: Option) =>
    judged.some((trained) => trained.screened?.candidate === screened?.candidate && screened !== null);
  return [...options.filter((option) => !isJudged(option)), ...judged];
}

/** What `judgeOthers` will probably train in the end. */
export const expectOthers = (order: readonly Screened[], seeds: readonly number[], runner: ArmRunner): void =>
  runner.expect(
    'table',
    order.slice(0, MAX_JUDGED).map((one) => {
      const change = single(one);
      return { name: nameOf(change), experiment: change.experiment, seeds };
    }),
  );

/** Smaller changes that reach less than what is recommended: those that nothing smaller is as good as, on all seeds. */
export async function judgeFront(
  chosen: Option,
  options: readonly Option[],
  comparison: Comparison,
  runner: ArmRunner,
): Promise<Option[]> {
  const front: Option[] = [];
  for (const option of options.filter((one) => isHealthy(one) && isSmaller(one, chosen)).toSorted(bySize)) {
    if (front.every(({ value }) => option.value < value)) front.push(option);
  }
  const waiting = new Set(front.slice(-MAX_FRONT).filter((option) => !isTrained(option)));
  return Promise.all(
    options.map((option) =>
      waiting.has(option) && runner.affords(option.experiment, comparison.seeds.length)
        ? complete(option, comparison, runner)
        : option,
    ),
  );
}

const judge = async (
  one: Screened,
  begun: Option | undefined,
  comparison: Comparison,
  runner: ArmRunner,
): Promise<Trained> => complete(begun ?? (await begin(single(one), comparison, runner)), comparison, runner);
