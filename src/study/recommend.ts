/** @file The recommendation: the smallest change that makes the verdict healthy, proven on seeds that did not choose it. */
import { type Experiment, reportedExperiment } from '../experiment/index.ts';
import { type Arm, codeOf, effectsOf, type Goal, patchBetween } from '../remedies/index.ts';
import { canonicalJson } from '../util/json.ts';
import type { ArmRunner } from './arms.ts';
import { findingsOfRuns, sickSeeds, toTreat } from './causes.ts';
import { byDistance, type Combination, grow } from './combinations.ts';
import {
  begin,
  bySize,
  type Change,
  type Comparison,
  complete,
  isTrained,
  nameOf,
  type Option,
  single,
  type Trained,
} from './option.ts';
import type { Report } from './report.ts';
import { byOutcome, type Screened } from './screening.ts';

type Recommendation = NonNullable<Report['recommendation']>;

export interface RecommendInput extends Comparison {
  readonly experiment: Experiment;
  /** The serious findings of the baseline. */
  readonly rules: readonly string[];
  readonly goal: Goal;
  /** Every remedy that was tried alone on one seed, in the order in which to go on with them. */
  readonly screened: readonly Screened[];
  /** Those of them that were re-trained. */
  readonly options: readonly Option[];
  readonly runner: ArmRunner;
}

export interface Recommended {
  readonly recommendation: Recommendation | null;
  /** Why there is none, or what it falls short of. */
  readonly note: string | null;
  readonly failed: Report['failed_proofs'];
  /** Everything that was re-trained. */
  readonly options: readonly Option[];
}

type Found = Pick<Recommended, 'recommendation' | 'note'>;

const isVerified = (option: Trained): boolean => option.verification.status === 'verified';

/**
 * In which order options are proven: those that are healthy on every seed before those that are so on most.
 */
const tiers: readonly ((option: Trained) => boolean)[] = [
  (option) => isVerified(option) && option.findings.length === 0,
  (option) => isVerified(option) && option.arm.verdict === 'healthy',
];
/** Where the loss is not better than chance allows: only when nothing better is to be had. */
const clearsOnly = (option: Trained): boolean =>
  option.verification.status === 'ineffective' && option.findings.length === 0;

/** Single remedies that are trained on a whole seed, beyond the first ones, before any are combined. */
const MAX_MORE_SINGLES = 3;
/** Fresh seeds that a proof takes at least. */
const PROOF = 1;
/** Fresh seeds that a proof takes where the budget allows. */
const MAX_PROOF_SEEDS = 5;

const UNIMPROVED =
  'It clears what was found, but the loss is not better than chance (the control arms) allows.';
const NOT_ON_EVERY_SEED = 'It is healthy on most seeds, not on every one.';

class Search {
  readonly #input: RecommendInput;
  #options: readonly Option[];
  /** Single remedies that seemed enough when they were tried shortly. */
  #singles: readonly Screened[];
  /** Combinations that were tried shortly, best first. */
  #pool: readonly Combination[] = [];
  /** Failed proofs by the name of the option. */
  readonly #failed = new Map<string, Arm>();
  readonly #grown = new Set<string>();
  readonly #known = new Set<string>();
  #fallback: { readonly found: Found; readonly share: number } | null = null;

  constructor(input: RecommendInput) {
    this.#input = input;
    this.#options = input.options;
    this.#singles = input.screened
      .filter((one) => one.healthy && input.options.every(({ screened }) => screened !== one))
      .slice(0, MAX_MORE_SINGLES);
    for (const { candidate } of input.screened) this.#known.add(canonicalJson(candidate.experiment));
  }

  async run(): Promise<Recommended> {
    const found = (await this.#search()) ?? this.#fallback?.found;
    const failed = this.#options.flatMap((option) => {
      const proof = this.#failed.get(nameOf(option));
      // What was healthy there fell short of something else.
      const isFailed = proof !== undefined && findingsOfRuns(proof).length > 0;
      return isFailed ? [{ option, proof }] : [];
    });
    return {
      ...(found ?? { recommendation: null, note: this.#why() }),
      failed: failed
        .map(({ option: { remedies }, proof }) => ({
          remedies: [...remedies],
          seeds: proof.traces.map(({ seed }) => seed),
          found: findingsOfRuns(proof).map(({ rule }) => rule),
        }))
        .toSorted((a, b) => (a.seeds[0] ?? 0) - (b.seeds[0] ?? 0)),
      options: this.#options,
    };
  }

  /** Takes the first step that can be taken, cheapest first, until something is proven or the budget is spent. */
  async #search(): Promise<Found | null> {
    for (;;) {
      const found = await this.#proveNext(tiers);
      if (found !== null) return found;
      const goesOn =
        (await this.#completeHealthy(({ remedies }) => remedies.length > 1)) ||
        (await this.#trainCombination(({ healthy }) => healthy)) ||
        (await this.#growNearest(this.#onlyOverfits)) ||
        (await this.#completeHealthy()) ||
        (await this.#trainSingle()) ||
        (await this.#growNearest(this.#isProven)) ||
        (await this.#growNearest()) ||
        (await this.#trainCombination(() => true)) ||
        (await this.#completeNearest());
      if (!goesOn) break;
    }
    return this.#fallback === null ? this.#proveNext([clearsOnly]) : null;
  }

  /** Proves the smallest option of the first tier that has one. */
  async #proveNext(order: readonly ((option: Trained) => boolean)[]): Promise<Found | null> {
    for (const tier of order) {
      const waiting = this.#options
        .filter(isTrained)
        .filter((option) => tier(option) && !this.#isProven(option));
      for (const option of waiting.toSorted(bySize)) {
        const { runner } = this.#input;
        // One proof is always made; more only within the budget.
        if (this.#failed.size > 0 && !runner.affords(option.experiment, 1)) continue;
        const found = await this.#prove(option);
        if (found !== null) return found;
      }
    }
    return null;
  }

  #isProven = (option: Option): boolean => this.#failed.has(nameOf(option));

  /**
   * Its proof found nothing but overfitting, which the baseline had not: whatever else makes the network learn would show
   * it as well, so that a further remedy is asked for. Otherwise another remedy comes first.
   */
  #onlyOverfits = (option: Option): boolean => {
    const proof = this.#failed.get(nameOf(option));
    if (proof === undefined || this.#input.rules.includes('overfitting')) return false;
    return findingsOfRuns(proof).every(({ rule }) => rule === 'overfitting');
  };

  /**
   * Re-trains on seeds that nothing was chosen by: on one; as long as it is healthy, on as many as the study has, and on more,
   * as far as the budget goes.
   */
  async #prove(option: Trained): Promise<Found | null> {
    const { seeds, runner } = this.#input;
    const count = Math.max(seeds.length, Math.min(MAX_PROOF_SEEDS, 2 * seeds.length));
    const from = (seeds.at(-1) ?? 0) + 1 + this.#failed.size * count;
    const fresh = Array.from({ length: count }, (_, i) => from + i);
    const run = (some: readonly number[]) => runner.run(nameOf(option), option.experiment, some, true);
    let proof = await run(fresh.slice(0, 1));
    for (const upTo of [seeds.length, count]) {
      const affordable = fresh
        .slice(proof.traces.length, upTo)
        .filter((_, i) => runner.affords(option.experiment, i + 1));
      if (affordable.length > 0 && findingsOfRuns(proof).length === 0) {
        proof = runner.join(proof, await run(affordable));
      }
    }
    const findings = findingsOfRuns(proof);
    const found = this.#recommended(option, proof, findings.length === 0);
    if (found.note === null) return found;
    if (proof.verdict === 'healthy') this.#offer(found, option, proof);
    this.#failed.set(nameOf(option), proof);
    return null;
  }

  #recommended(option: Trained, proof: Arm, onEveryFreshSeed: boolean): Found {
    const { experiment, baseline } = this.#input;
    const everywhere = onEveryFreshSeed && option.findings.length === 0;
    const proven = everywhere ? null : NOT_ON_EVERY_SEED;
    const note = isVerified(option) ? proven : UNIMPROVED;
    const recommendation: Recommendation = {
      remedies: [...option.remedies],
      patch: patchBetween(experiment, option.experiment),
      experiment: reportedExperiment(option.experiment),
      verdict: proof.verdict,
      seeds: proof.traces.map(({ seed }) => seed),
      effects: effectsOf(baseline, option.arm),
      snippets: codeOf(option.experiment),
    };
    return { recommendation, note };
  }

  /** Keeps what is healthy on most seeds, should nothing be found that is so on all: the one with the fewest that are not. */
  #offer(found: Found, { arm }: Option, proof: Arm): void {
    const sick = sickSeeds(arm).length + sickSeeds(proof).length;
    const share = sick / (arm.traces.length + proof.traces.length);
    if (this.#fallback === null || share < this.#fallback.share) this.#fallback = { found, share };
  }

  /** Trains what is healthy on the first seed on the others. */
  #completeHealthy(accepts: (option: Option) => boolean = () => true): Promise<boolean> {
    const healthy = this.#options.filter((option) => option.findings.length === 0 && accepts(option));
    return this.#complete(healthy.toSorted(bySize));
  }

  /** Or what is nearest to it: it may be healthy on most seeds. */
  #completeNearest(): Promise<boolean> {
    return this.#complete(this.#options.toSorted(byDistance));
  }

  /** Completes the first that is not yet, as long as its proof can be afforded too. */
  async #complete(options: readonly Option[]): Promise<boolean> {
    const { seeds, runner } = this.#input;
    const option = options.find(
      (one) => !isTrained(one) && runner.affords(one.experiment, seeds.length - 1 + PROOF),
    );
    if (option === undefined) return false;
    const trained = await complete(option, this.#input, runner);
    this.#options = this.#options.map((one) => (one === option ? trained : one));
    return true;
  }

  async #trainSingle(): Promise<boolean> {
    const [screened, ...others] = this.#singles;
    this.#singles = others;
    return screened !== undefined && this.#train(single(screened));
  }

  async #trainCombination(accepts: (combination: Combination) => boolean): Promise<boolean> {
    const combination = this.#pool.find(accepts);
    this.#pool = this.#pool.filter((one) => one !== combination);
    return combination !== undefined && this.#train(combination);
  }

  /** On the first seed, unless the others and a proof could not be afforded. True: there may be more to do. */
  async #train(change: Change): Promise<boolean> {
    const { seeds, runner } = this.#input;
    if (!runner.affords(change.experiment, seeds.length + PROOF)) return true;
    this.#options = [...this.#options, await begin(change, seeds, runner)];
    return true;
  }

  /** Tries what is nearest to healthy together with a further remedy. */
  async #growNearest(accepts: (option: Option) => boolean = () => true): Promise<boolean> {
    const base = this.#options
      .filter((option) => accepts(option) && !this.#grown.has(nameOf(option)))
      .toSorted(byDistance)[0];
    if (base === undefined) return false;
    this.#grown.add(nameOf(base));
    const proof = this.#failed.get(nameOf(base));
    const left = [...base.findings, ...(proof === undefined ? [] : findingsOfRuns(proof))];
    // Where something was found, so that a partner can show what it does against it.
    const [seed] = [
      ...sickSeeds(base.arm),
      ...(proof === undefined ? [] : sickSeeds(proof)),
      ...this.#input.seeds,
    ];
    const combinations = await grow(base, [...new Set(toTreat(left))], this.#known, {
      ...this.#input,
      seed: seed as number,
      singles: this.#input.screened.map(({ candidate }) => candidate),
    });
    for (const { experiment } of combinations) this.#known.add(canonicalJson(experiment));
    this.#pool = [...this.#pool, ...combinations].toSorted(byOutcome);
    return true;
  }

  #why(): string {
    const best = this.#options.filter(isTrained).toSorted(byDistance)[0];
    if (best === undefined) return 'No remedy could be applied within the budget.';
    const failures = [...this.#failed].map(
      ([name, proof]) =>
        `${name} (${findingsOfRuns(proof)
          .map(({ rule }) => rule)
          .join(', ')})`,
    );
    const why =
      failures.length === 0
        ? 'No remedy or combination made the network healthy.'
        : `What was healthy on the study’s seeds was not so on fresh ones: ${failures.join('; ')}.`;
    return `${why} The best partial result was ${nameOf(best)} (${best.verification.status}: ${best.verification.reason}).`;
  }
}

/** The recommendation, or why there is none. */
export const recommend = (input: RecommendInput): Promise<Recommended> => new Search(input).run();
