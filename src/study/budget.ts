/** @file How much a study may compute: in arms, the work of training the baseline on all of its seeds. */
import { type Experiment, planExperiment } from '../experiment/index.ts';

/** The baseline itself, the controls, screening, verification, and the recommendation's proofs, all together. */
export const BUDGET_ARMS = 12;

export class Budget {
  readonly #unit: number;
  readonly #maxTrials: number;
  #spent = 0;
  #trials = 0;

  constructor(experiment: Experiment, seeds: number) {
    const { flops_per_step, steps } = planExperiment(experiment);
    this.#unit = flops_per_step * steps * seeds;
    this.#maxTrials = experiment.remedies.max_trials ?? Number.POSITIVE_INFINITY;
  }

  /** In arms. */
  costOf(experiment: Experiment, seeds: number): number {
    const { flops_per_step, steps } = planExperiment(experiment);
    return (flops_per_step * steps * seeds) / this.#unit;
  }

  spend(experiment: Experiment, seeds: number): void {
    this.#spent += this.costOf(experiment, seeds);
    this.#trials += seeds;
  }

  /** Gives back the steps that a training did not take, because it diverged. */
  refund(experiment: Experiment, stepsCompleted: number): void {
    const { steps } = planExperiment(experiment);
    this.#spent -= this.costOf(experiment, 1) * (1 - Math.min(1, stepsCompleted / steps));
  }

  get spent(): number {
    return this.#spent;
  }

  /** Whether so much more work, in so many trials, fits. */
  affords(arms: number, trials: number): boolean {
    return this.#spent + arms <= BUDGET_ARMS && this.#trials + trials <= this.#maxTrials;
  }
}
