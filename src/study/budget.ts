/**
 * @file How much a study may compute, in arms: the work of training the baseline on all of its seeds. Work is counted, never
 * timed, so that a report follows from its experiment alone, however busy the machine is: seconds are those that a core of
 * 2024 takes (measured on the examples; docs/remedies.md).
 */
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { canonicalJson } from '../util/json.ts';

/** The baseline itself, the controls, screening, verification, and the recommendation's proofs, all together. */
export const BUDGET_ARMS = 12;

/** `remedies.min_duration_s` is that of a machine with so many cores. */
const CORES = 2;
/** What a step computes, per second. */
const FLOPS_PER_S = 8e9;
/** What a step costs beside, and a training before its first step, for every parameter tensor. */
const STEP_S_PER_TENSOR = 1e-5;
const START_S_PER_TENSOR = 6e-3;

/** Seconds of one core that one training of so many steps takes; by default all of the experiment's. */
export function secondsOf(experiment: Experiment, steps?: number): number {
  const plan = planExperiment(experiment);
  const tensors = plan.parameters.length;
  const perStep = plan.flops_per_step / FLOPS_PER_S + STEP_S_PER_TENSOR * tensors;
  return (steps ?? plan.steps) * perStep + START_S_PER_TENSOR * tensors;
}

const keys = new WeakMap<Experiment, string>();

/** What a training follows from, beside its seed: equal ones are trained once. */
export function trainingKey(experiment: Experiment): string {
  const known = keys.get(experiment);
  if (known !== undefined) return known;
  const { network, data, training } = experiment;
  const key = canonicalJson({ network, data, training });
  keys.set(experiment, key);
  return key;
}

export class Budget {
  readonly #unit: number;
  readonly #maxTrials: number;
  /** In arms. */
  readonly limit: number;
  /** Trials, and whether something was given back of them. */
  readonly #known = new Map<string, boolean>();
  #spent = 0;
  #trials = 0;
  #refused = false;

  /**
   * @param limit in arms; by default what the experiment asks for
   * @param trials the most, if the experiment does not ask for fewer
   */
  constructor(
    experiment: Experiment,
    seeds: number,
    limit?: number,
    trials: number = Number.POSITIVE_INFINITY,
  ) {
    const { max_trials, min_duration_s } = experiment.remedies;
    this.#unit = secondsOf(experiment) * seeds;
    this.#maxTrials = Math.min(trials, max_trials ?? Number.POSITIVE_INFINITY);
    this.limit = limit ?? Math.max(BUDGET_ARMS, (min_duration_s * CORES) / this.#unit);
  }

  /** One training, in seconds of one core. */
  secondsOf(experiment: Experiment): number {
    return secondsOf(experiment);
  }

  /** In arms. */
  costOf(experiment: Experiment, seeds: number): number {
    return (secondsOf(experiment) * seeds) / this.#unit;
  }

  /** A trial that was trained before costs nothing. */
  spend(experiment: Experiment, seeds: readonly number[]): void {
    const key = trainingKey(experiment);
    for (const seed of seeds) {
      if (this.#known.has(`${key}${seed}`)) continue;
      this.#known.set(`${key}${seed}`, false);
      this.#spent += this.costOf(experiment, 1);
      this.#trials++;
    }
  }

  /** Gives back, once, the steps that a training did not take, because it diverged. */
  refund(experiment: Experiment, seed: number, stepsCompleted: number): void {
    const key = `${trainingKey(experiment)}${seed}`;
    const { steps } = planExperiment(experiment);
    if (this.#known.get(key) === true || stepsCompleted >= steps) return;
    this.#known.set(key, true);
    this.#spent -= (secondsOf(experiment) - secondsOf(experiment, stepsCompleted)) / this.#unit;
  }

  get spent(): number {
    return this.#spent;
  }

  get trials(): number {
    return this.#trials;
  }

  /** Trials that may still be made. */
  get trialsLeft(): number {
    return this.#maxTrials - this.#trials;
  }

  /** Whether something had to be left out for it. */
  get refused(): boolean {
    return this.#refused;
  }

  /** Whether so much more work, in so many trials, fits. */
  fits(arms: number, trials: number): boolean {
    return this.#spent + arms <= this.limit && this.#trials + trials <= this.#maxTrials;
  }

  /** The same, of what is to be done: what does not fit was refused. */
  affords(arms: number, trials: number): boolean {
    const fits = this.fits(arms, trials);
    if (!fits) this.#refused = true;
    return fits;
  }
}
