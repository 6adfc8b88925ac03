/** @file How good a change has to be: what others and the reference reach, on the samples that were trained on and on others. */
import type { Arm, Goal } from '../remedies/index.ts';
import { isWithin, referenceValidation, referenceValue } from './goal.ts';
import { bySize, isBehind, isOverdone, type Option, validationValue } from './option.ts';

/** What a change is held against. */
export interface Reached {
  /** Healthy, and no proof of it failed. */
  readonly healthy: readonly Option[];
  readonly proven: readonly Option[];
}

const NOTHING = Number.POSITIVE_INFINITY;

export class Aim {
  readonly #goal: Goal;
  readonly #baseline: Arm;
  /** Whether what the reference reaches, and the validation loss of what is not proven, is aimed at too. */
  #isHigh = true;

  constructor(goal: Goal, baseline: Arm) {
    this.#goal = goal;
    this.#baseline = baseline;
  }

  /** @returns false where that was done before */
  lower(): boolean {
    const wasHigh = this.#isHigh;
    this.#isHigh = false;
    return wasHigh;
  }

  /** ∞ where the plain loss is not the goal: of weighed classes, or where the validation loss is the goal itself. */
  #leastValidation(options: readonly Option[]): number {
    const counts = this.#goal === 'final_loss' || this.#goal === 'training_error';
    return counts ? Math.min(NOTHING, ...options.map(validationValue)) : NOTHING;
  }

  /** The smallest of what is proven and comes near enough to the best of it: first on samples that were not trained on. */
  bestOf(proven: readonly Option[]): Option | null {
    const validation = this.#leastValidation(proven);
    const general = proven.filter((option) => !isBehind(option, validation));
    const least = Math.min(...general.map(({ value }) => value));
    return general.filter(({ value }) => isWithin(value, least)).toSorted(bySize)[0] ?? null;
  }

  /** What only learns by heart is no aim. */
  #loss({ healthy, proven }: Reached): number {
    const best = this.bestOf(proven);
    const reached = healthy.filter(
      (option) =>
        !isOverdone(option, healthy) &&
        (best === null || isWithin(validationValue(option), validationValue(best))),
    );
    const reference = this.#isHigh ? referenceValue(this.#goal, this.#baseline) : NOTHING;
    return Math.min(reference, ...reached.map(({ value }) => value));
  }

  #validation({ healthy, proven }: Reached): number {
    if (!this.#isHigh) return this.#leastValidation(proven);
    const reference = this.#goal === 'final_loss' ? referenceValidation(this.#baseline) : NOTHING;
    return Math.min(reference, this.#leastValidation(healthy));
  }

  /** Whether it comes near enough to everything that is known to be reached. */
  isEnough(option: Option, reached: Reached): boolean {
    return isWithin(option.value, this.#loss(reached)) && !isBehind(option, this.#validation(reached));
  }
}
