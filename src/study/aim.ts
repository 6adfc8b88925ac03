/** @file How good a change has to be: what others and the reference reach, on the samples that were trained on and on others. */
import type { Arm, Goal } from '../remedies/index.ts';
import { isWithin, referenceValidation, referenceValue, type Scale, scaleOf } from './goal.ts';
import { bySize, expectedOf, isBehind, isOverdone, type Option, paired } from './option.ts';

/** What a change is held against. */
export interface Reached {
  /** Healthy, and no proof of it failed. */
  readonly healthy: readonly Option[];
  readonly proven: readonly Option[];
}

/** What is recommended, if nothing better is proven. */
export interface Best {
  readonly option: Option;
  /** The least that anything of its kind is expected to reach. */
  readonly least: number;
}

const NOTHING = Number.POSITIVE_INFINITY;

export class Aim {
  readonly #goal: Goal;
  readonly #baseline: Arm;
  readonly #scale: Scale;
  /** Whether what the reference reaches, and the validation loss of what is not proven, is aimed at too. */
  #isHigh = true;

  constructor(goal: Goal, baseline: Arm) {
    this.#goal = goal;
    this.#baseline = baseline;
    this.#scale = scaleOf(goal, baseline.experiment);
  }

  /** @returns false where that was done before */
  lower(): boolean {
    const wasHigh = this.#isHigh;
    this.#isHigh = false;
    return wasHigh;
  }

  /** Whether the plain loss is the goal: not that of weighed classes, and not the validation loss itself. */
  get #isPlain(): boolean {
    return this.#goal === 'final_loss' || this.#goal === 'training_error';
  }

  #isWithin = (value: number, target: number): boolean => isWithin(value, target, this.#scale);

  #isBehindAny = (option: Option, others: readonly Option[]): boolean =>
    this.#isPlain && others.some(({ validations }) => isBehind(option.validations, validations));

  /**
   * The smallest of what is proven and comes near enough to the best of it. What is clearly worse than another on samples that were not
   * trained on is none of it.
   */
  best(proven: readonly Option[]): Best | null {
    const general = proven.filter((option) => !this.#isBehindAny(option, proven));
    const least = Math.min(...general.map(({ expected }) => expected));
    const [option] = general.filter(({ expected }) => this.#isWithin(expected, least)).toSorted(bySize);
    return option === undefined ? null : { option, least };
  }

  /** What another change or the reference only learns by heart is no aim. */
  #isNear(option: Option, { healthy, proven }: Reached): boolean {
    const best = this.best(proven);
    const holdsUp = (other: Option): boolean =>
      !isOverdone(other, healthy) &&
      !this.#isBehindAny(other, healthy) &&
      (best === null || this.#isWithin(...paired(other.validations, best.option.validations)));
    return (
      this.#isNearReference(option) &&
      healthy.filter(holdsUp).every((other) => this.#isWithin(...expectedOf(option, other)))
    );
  }

  /** Of a validation loss the reference's is that of one run on few samples: what chance makes of it is no shortfall. */
  #isNearReference(option: Option): boolean {
    const reference = this.#reference(option);
    return (
      this.#isWithin(option.expected, reference) ||
      (this.#goal === 'validation_loss' && !isBehind([option.expected], [reference]))
    );
  }

  #reference({ validations }: Option): number {
    if (!this.#isHigh) return NOTHING;
    const validation = referenceValidation(this.#baseline);
    const isKnown = this.#isPlain && Number.isFinite(validation);
    // Like another change, it is no aim where it is worse on samples that were not trained on.
    return isKnown && !this.#isWithin(validation, validations[0] ?? validation)
      ? NOTHING
      : referenceValue(this.#goal, this.#baseline);
  }

  #isGeneral(option: Option, { healthy, proven }: Reached): boolean {
    if (!this.#isHigh) return !this.#isBehindAny(option, proven);
    const isAimedAt = this.#goal === 'final_loss';
    if (isAimedAt && isBehind(option.validations, [referenceValidation(this.#baseline)])) return false;
    return !this.#isBehindAny(option, healthy);
  }

  /** Whether it comes near enough to everything that is known to be reached. */
  isEnough(option: Option, reached: Reached): boolean {
    return this.#isNear(option, reached) && this.#isGeneral(option, reached);
  }
}
