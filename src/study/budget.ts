/** @file How much a study may compute: in arms, the work of training the baseline on all of its seeds. */
import { type Experiment, planExperiment } from '../experiment/index.ts';

/** The baseline itself, the controls, screening, verification, and the recommendation's proofs, all together. */
export const BUDGET_ARMS = 12;
const workOf = (experiment: Experiment): number => {
  const { flops_per_step, steps } = planExperiment(experiment);
  return flops_per_step * steps;
};

export class Budget {
  readonly #unit: number;
  readonly #maxTrials: number;
  #spent = 0;
  #trials = 0;

  constructor(experiment: Experiment, seeds: number) {
    this.#unit = workOf(experiment) * seeds;
    this.#maxTrials = experiment.remedies.max_trials ?? Number.POSITIVE_INFINITY;
  }

  /** In arms. */
  costOf(experiment: Experiment, seeds: number): number {
    return (workOf(experiment) * seeds) / this.#unit;
  }

  spend(experiment: Experiment, seeds: number): void {
    this.#spent += this.costOf(experiment, seeds);
    this.#trials += seeds;
  }

  get spent(): number {
    return this.#spent;
  }

  /** Whether an arm fits, so that `reserved` arms remain. */
  affords(experiment: Experiment, seeds: number, reserved = 0): boolean {
    const work = this.#spent + this.costOf(experiment, seeds) + reserved <= BUDGET_ARMS;
    return work && this.#trials + seeds <= this.#maxTrials;
  }
}
