/** @file Runs the arms of a study: the same experiment on several seeds, all trials at once. */
import type { Experiment } from '../experiment/index.ts';
import { type Arm, createArm } from '../remedies/index.ts';
import type { Reference } from '../statistics/index.ts';
import { type Budget, trainingKey } from './budget.ts';
import type { Phase, Progress, StudyDependencies } from './dependencies.ts';

/** Trials of one experiment that may be asked for soon. */
export interface ExpectedArm {
  /** The run's name before the seed. */
  readonly name: string;
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  readonly keepWeights?: boolean;
}

/** What trials are expected for, the likeliest first: what is proven is most often proven to the end. */
const expectations = ['proof', 'option', 'control', 'table'] as const;
export type Expectation = (typeof expectations)[number];

/** No more than threads may be idle: what is expected later is told later. */
const MOST_EXPECTED = 16;

export class ArmRunner {
  readonly #dependencies: StudyDependencies;
  readonly budget: Budget;
  #phase: Phase = 'baseline';
  /** What is known to be best so far, where something is searched for. */
  best: Progress['best'] = null;
  /** Trainings that have begun: what is asked for again was trained before. */
  readonly #begun = new Set<string>();
  readonly #expected = new Map<Expectation, readonly ExpectedArm[]>();
  #completed = 0;
  #total: number;
  /** What every trace is held against. */
  readonly #reference: Promise<Reference | null>;

  constructor(
    dependencies: StudyDependencies,
    budget: Budget,
    total: number,
    reference: Promise<Reference | null> = Promise.resolve(null),
  ) {
    this.#reference = reference;
    this.#dependencies = dependencies;
    this.budget = budget;
    this.#total = total;
  }

  /** @param total about how many trials there will be, from here on known better */
  enter(phase: Phase, total: number = this.#total): void {
    this.#phase = phase;
    this.#total = Math.max(total, this.#begun.size);
    this.#report();
  }

  /** Whether an arm fits into the budget and the time. */
  affords(experiment: Experiment, seeds: number, reserved = 0): boolean {
    return this.affordsWork(this.budget.costOf(experiment, seeds) + reserved, seeds);
  }

  /** @param arms work, by the baseline on all of its seeds */
  affordsWork(arms: number, trials: number): boolean {
    return !this.#dependencies.isOutOfTime() && this.budget.affords(arms, trials);
  }

  get completed(): number {
    return this.#completed;
  }

  #report(): void {
    this.#dependencies.onProgress({
      phase: this.#phase,
      completed_trials: this.#completed,
      total_trials: this.#total,
      best: this.best,
    });
  }

  /** In place of what was expected for the same before. Costs nothing: what is asked for later is counted then. */
  expect(what: Expectation, arms: readonly ExpectedArm[]): void {
    this.#expected.set(what, arms);
    this.#tellExpected();
  }

  #tellExpected(): void {
    const trials = expectations
      .flatMap((what) => this.#expected.get(what) ?? [])
      .flatMap(({ name, experiment, seeds, keepWeights = false }) => {
        const key = trainingKey(experiment);
        const open = this.budget.fits(this.budget.costOf(experiment, 1), 1)
          ? seeds.filter((seed) => !this.#begun.has(`${key}${seed}`))
          : [];
        return open.map((seed) => ({ run: `${name}/${seed}`, experiment, seed, keepWeights }));
      });
    this.#dependencies.expect?.(trials.slice(0, MOST_EXPECTED));
  }

  /** @param name the run's name before the seed */
  async run(
    name: string,
    experiment: Experiment,
    seeds: readonly number[],
    keepWeights = false,
  ): Promise<Arm> {
    this.budget.spend(experiment, seeds);
    const key = trainingKey(experiment);
    const fresh = new Set(seeds.filter((seed) => !this.#begun.has(`${key}${seed}`)));
    for (const seed of fresh) this.#begun.add(`${key}${seed}`);
    this.#total = Math.max(this.#total, this.#begun.size);
    const traces = await Promise.all(
      seeds.map(async (seed) => {
        const trace = await this.#dependencies.train({
          run: `${name}/${seed}`,
          experiment,
          seed,
          keepWeights,
        });
        this.budget.refund(experiment, seed, trace.steps_completed);
        if (fresh.has(seed)) {
          this.#completed++;
          this.#report();
        }
        return trace;
      }),
    );
    const reference = await this.#reference;
    return createArm(
      experiment,
      traces.map((trace) => ({ ...trace, reference })),
    );
  }

  /** Two arms of one experiment as one. */
  join({ experiment, traces }: Arm, other: Arm): Arm {
    return createArm(experiment, [...traces, ...other.traces]);
  }
}
