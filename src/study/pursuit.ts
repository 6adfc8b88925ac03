/** @file What a study knows while it looks for its recommendation, and the single things that it can do next. */
import type { Experiment } from '../experiment/index.ts';
import type { Arm, Candidate } from '../remedies/index.ts';
import { Aim } from './aim.ts';
import type { ArmRunner } from './arms.ts';
import { byDistance, growTried } from './combinations.ts';
import {
  begin,
  bySize,
  type Comparison,
  complete,
  isHealthy,
  isOverdone,
  isSmaller,
  isTrained,
  judgedAgain,
  keyOf,
  leastOf,
  type Option,
  single,
  type Trained,
  withProof,
} from './option.ts';
import { MIN_PROOF_SEEDS, type Proof, Proofs, seedsToProve } from './proof.ts';
import { reduce } from './reduce.ts';
import { affordableOf, inOrder, judgeFront, judgeOthers } from './rounds.ts';
import { byOutcome, type Screening, type Tried } from './screening.ts';

export interface PursuitInput extends Comparison {
  readonly experiment: Experiment;
  /** The serious findings of the baseline. */
  readonly rules: readonly string[];
  /** The likeliest first. */
  readonly candidates: readonly Candidate[];
  readonly screening: Screening;
  readonly runner: ArmRunner;
  /** All control arms, with those that were not trained yet; null where there is none of them. */
  readonly trainOtherControls: () => Promise<readonly Arm[] | null>;
}

export interface Proven {
  readonly option: Trained;
  readonly proof: Arm;
}

/** What is recommended, if nothing better is proven. */
export interface BestProven extends Proven {
  /** The least that anything proven is expected to reach, what is learned by heart alone left out. */
  readonly least: number;
}

/** Changes that are trained with all steps although something smaller is proven, bases that are grown, options with a warning that are completed. */
const [MAX_BEGUN, MAX_GROWN, MAX_WARNED] = [8, 8, 4];
/** Of the budget: what may be spent before something better is looked for than what is proven. */
const ENOUGH = 1 / 3;
/** Of the budget: one round of leaving out each part of what is larger than what is proven. */
const HARDLY_ANYTHING = 0.05;

export class Pursuit {
  #input: PursuitInput;
  readonly #options = new Map<string, Option>();
  readonly #proofs = new Proofs();
  readonly #reduced = new Set<string>();
  readonly #grown = new Set<string>();
  readonly #provenFurther = new Set<string>();
  readonly #known = new Set<string>();
  #pool: Tried[];
  #begun = 0;
  #warned = 0;
  #acceptsClear = false;
  #isControlled = false;
  #areOthersJudged = false;
  /** What its smaller changes were completed for. */
  #front: Option | null = null;
  readonly #aim: Aim;

  constructor(input: PursuitInput) {
    this.#input = input;
    this.#aim = new Aim(input.goal, input.baseline);
    const { screened, recipes } = input.screening;
    this.#pool = [...screened.map((one) => ({ ...single(one), ...one })), ...recipes];
    for (const tried of this.#pool) this.#known.add(keyOf(tried));
  }

  get options(): readonly Option[] {
    return [...this.#options.values()];
  }

  #whoseProof(is: (proof: Proof) => boolean): Proven[] {
    return this.options.filter(isTrained).flatMap((option) => {
      const proof = this.#proofs.of(option);
      return proof !== undefined && is(proof) ? [{ option, proof: proof.arm }] : [];
    });
  }

  /** What is no better than chance allows is taken only where there is nothing else. */
  get proven(): readonly Proven[] {
    return this.#whoseProof(({ holds }) => holds).filter(
      ({ option }) => this.#acceptsClear || option.verification.status === 'verified',
    );
  }

  get failed(): readonly Proven[] {
    return this.#whoseProof(({ failed }) => failed);
  }

  get best(): BestProven | null {
    const { proven } = this;
    const best = this.#aim.best(proven.map(({ option }) => option));
    const whose = proven.find(({ option }) => option === best?.option);
    return best === null || whose === undefined ? null : { ...whose, least: best.least };
  }

  get #unfailed(): Option[] {
    return this.options.filter((option) => this.#proofs.of(option)?.failed !== true);
  }

  #isEnough = (option: Option): boolean => {
    const healthy = this.#unfailed.filter(isHealthy);
    return this.#aim.isEnough(option, { healthy, proven: this.proven.map((one) => one.option) });
  };

  /** Whether something is proven that comes near enough to everything that is known to be reached. */
  get isSettled(): boolean {
    return this.best !== null && this.#isEnough(this.best.option);
  }

  /** Whether it would be recommended instead of what is proven so far. */
  #isWanted = (option: Option): boolean =>
    !isOverdone(option, this.#unfailed) &&
    (!this.isSettled || this.best === null || isSmaller(option, this.best.option));

  #add(...options: readonly Option[]): void {
    for (const option of options) {
      this.#known.add(keyOf(option));
      const before = this.#options.get(keyOf(option));
      if (before === undefined || !isTrained(before)) this.#options.set(keyOf(option), option);
    }
  }

  /** Trains these on the first seed, as far as one of them can still be completed and proven. */
  async beginAll(tried: readonly Tried[]): Promise<void> {
    const { seeds, runner } = this.#input;
    const affordable = affordableOf(tried, seedsToProve(seeds.length), runner);
    this.#pool = this.#pool.filter((one) => !affordable.includes(one));
    this.#add(...(await Promise.all(affordable.map((one) => begin(one, this.#input, runner)))));
  }

  async proveSmallest(accepts: (option: Trained) => boolean): Promise<boolean> {
    const { seeds, runner } = this.#input;
    const option = this.options
      .filter(isTrained)
      .filter((one) => this.#proofs.of(one) === undefined && accepts(one) && this.#isWanted(one))
      .toSorted(bySize)
      .find(({ experiment }) => runner.affords(experiment, MIN_PROOF_SEEDS));
    if (option === undefined) return false;
    const proof = await this.#proofs.add(option, seeds, runner);
    this.#options.set(keyOf(option), withProof(option, proof, this.#input.goal));
    return true;
  }

  /** Of what would be recommended now: what does not learn on one seed in ten often passes a proof on five. */
  async proveFurther(): Promise<boolean> {
    const { seeds, runner, goal } = this.#input;
    const { best } = this;
    if (best === null || this.#provenFurther.has(keyOf(best.option))) return false;
    const { option } = best;
    this.#provenFurther.add(keyOf(option));
    const proof = await this.#proofs.extend(option, seeds, runner);
    if (proof !== null) this.#options.set(keyOf(option), withProof(option, proof, goal));
    return proof !== null;
  }

  isProvable = (option: Trained): boolean =>
    isHealthy(option) && option.verification.status === 'verified' && this.#isEnough(option);

  /** Healthy, though its loss is not better than chance allows: where nothing else is proven, this is. */
  async proveClear(): Promise<boolean> {
    if (this.best !== null) return false;
    this.#acceptsClear = true;
    if (this.best !== null) return true;
    return this.proveSmallest((option) => isHealthy(option) && option.verification.status === 'ineffective');
  }

  /** Holds what is proven, and everything else, against all controls. */
  async compareWithAll(): Promise<boolean> {
    if (this.best === null || this.#isControlled) return false;
    this.#isControlled = true;
    const controls = await this.#input.trainOtherControls();
    if (controls === null) return false;
    this.#input = { ...this.#input, controls };
    for (const option of this.options.filter(isTrained))
      this.#options.set(keyOf(option), judgedAgain(option, this.#input));
    return true;
  }

  /** Among the options that are good enough, the smallest that is one remedy, or of which nothing more can be left out. */
  async completeSmallest(): Promise<boolean> {
    const { seeds, runner } = this.#input;
    const waiting = this.options.filter(
      (option) =>
        !isTrained(option) &&
        isHealthy(option) &&
        this.#isEnough(option) &&
        this.#isWanted(option) &&
        (option.parts.length === 1 || this.#reduced.has(keyOf(option))),
    );
    const option = waiting
      .toSorted(bySize)
      .find(({ experiment }) => runner.affords(experiment, seedsToProve(seeds.length)));
    if (option === undefined) return false;
    this.#proofs.expect(option, seeds, runner);
    this.#options.set(keyOf(option), await complete(option, this.#input, runner));
    return true;
  }

  /** Good enough but for a warning on the first seed: it may be chance, which the others tell. */
  async completeWarned(): Promise<boolean> {
    const { seeds, runner } = this.#input;
    const isWarned = ({ findings }: Option): boolean =>
      findings.length > 0 && findings.every(({ severity }) => severity !== 'critical');
    const option = this.options
      .filter((one) => !isTrained(one) && isWarned(one) && this.#isEnough(one) && this.#isWanted(one))
      .toSorted(bySize)
      .find(({ experiment }) => runner.affords(experiment, seedsToProve(seeds.length)));
    if (option === undefined || this.#warned >= MAX_WARNED || seeds.length === 1) return false;
    this.#warned++;
    this.#options.set(keyOf(option), await complete(option, this.#input, runner));
    return true;
  }

  /** One round of leaving each part out, and then what it takes to recommend what is left. */
  #affordsToReduce({ experiment, parts }: Option): boolean {
    const { seeds, runner } = this.#input;
    return runner.affords(experiment, parts.length + seedsToProve(seeds.length));
  }

  /** Whether two of its parts may do what a larger change was proven to do, and to find out costs hardly anything. */
  #mayShrink(option: Option): boolean {
    const { best } = this;
    const { budget } = this.#input.runner;
    return (
      best !== null &&
      leastOf(option) < best.option.cost &&
      budget.costOf(option.experiment, option.parts.length) <= HARDLY_ANYTHING * budget.limit
    );
  }

  async reduceSmallest(): Promise<boolean> {
    const base = this.options
      .filter(
        (option) =>
          option.parts.length > 1 &&
          isHealthy(option) &&
          this.#proofs.of(option)?.failed !== true &&
          !this.#reduced.has(keyOf(option)) &&
          this.#isEnough(option) &&
          (this.#isWanted(option) || this.#mayShrink(option)),
      )
      .toSorted(bySize)[0];
    if (base === undefined) return false;
    if (!this.#affordsToReduce(base)) {
      // Proven as it is, it is worth more than a smaller one that nothing is left to prove.
      this.#reduced.add(keyOf(base));
      return true;
    }
    const known = (change: { experiment: Experiment }) => this.#options.get(keyOf(change));
    const trained = await reduce(base, { ...this.#input, known });
    this.#add(...trained);
    // Every larger one that was passed on the way is reduced with it.
    for (const option of [base, ...trained]) this.#reduced.add(keyOf(option));
    return true;
  }

  /** Something is proven, and so much was spent that nothing further is looked for. */
  get #isSatisfied(): boolean {
    const { budget } = this.#input.runner;
    return this.best !== null && budget.spent >= ENOUGH * budget.limit;
  }

  async beginNext(): Promise<boolean> {
    if (this.#isSatisfied) return false;
    // What was tried and not yet trained with all steps.
    const [next] = this.#pool.filter(({ share }) => share > 0).toSorted(byOutcome);
    if (next === undefined || this.#begun >= MAX_BEGUN) return false;
    this.#begun++;
    await this.beginAll([next]);
    this.#pool = this.#pool.filter((one) => one !== next);
    return true;
  }

  /** Tries what is nearest to healthy together with a further remedy. */
  async growNearest(): Promise<boolean> {
    if (this.#isSatisfied) return false;
    const base = this.options
      .filter((option) => !this.#grown.has(keyOf(option)))
      .toSorted((a, b) => byDistance(a, b) || bySize(a, b))[0];
    if (base === undefined || this.#grown.size >= MAX_GROWN) return false;
    this.#grown.add(keyOf(base));
    const tried = await growTried(base, this.#proofs.of(base)?.arm ?? null, this.#known, this.#input);
    for (const one of tried) this.#known.add(keyOf(one));
    this.#pool.push(...tried);
    return tried.length > 0 ? this.#beginBest(tried) : true;
  }

  async #beginBest(tried: readonly Tried[]): Promise<boolean> {
    const healthy = tried.filter((one) => one.healthy);
    await this.beginAll(healthy.length > 0 ? healthy.slice(0, 3) : tried.slice(0, 1));
    return true;
  }

  /** On all seeds what is smaller than what is proven: on one it may have looked worse than it is. */
  async completeFront(): Promise<boolean> {
    const chosen = this.best?.option ?? null;
    if (chosen === null || chosen === this.#front) return false;
    this.#front = chosen;
    this.#add(...(await judgeFront(chosen, this.options, this.#input, this.#input.runner)));
    return true;
  }

  /** With the rest of the budget, for the table of remedies: what turns out to be better than what is proven is proven next. */
  async judgeOthers(): Promise<boolean> {
    if (this.#areOthersJudged) return false;
    this.#areOthersJudged = true;
    const { screening, runner } = this.#input;
    this.#add(...(await judgeOthers(inOrder(screening.screened), this.options, this.#input, runner)));
    return true;
  }

  /** What nothing comes near to is no longer aimed at. */
  lowerAim(): boolean {
    return this.#aim.lower();
  }
}
