/** @file What other learning rates do, where that was tried: a rate is too high or too low by measurement, not by its size. */
import type { RateTrial, Trace } from '../../statistics/index.ts';
import { text } from '../wording.ts';

/** Losses above this many times a constant's loss count as this: one lost training is as good as another. */
const LOST = 2;
/** A trial that ends above this part of a constant's loss has learned nothing, and does not speak for its rate. */
const NOTHING = 0.9;

/** By so much of a constant's loss a trial has to be better for its rate to be the better one. */
export const RATE_GAIN = 0.2;

/** Better than the training itself, by as much as rules ask for, and than a constant. */
export const isBetterRate = ({ loss_ratio, own_ratio }: RateTrial): boolean =>
  loss_ratio < NOTHING && loss_ratio < own_ratio - RATE_GAIN;

const bounded = (ratio: number): number => Math.min(ratio, LOST);

export interface RateGain {
  /** What the learning rate was multiplied by. */
  readonly factor: number;
  readonly steps: number;
  /** Of the trial, over a constant's. */
  readonly loss_ratio: number;
  /** By how much the loss is lower after as many steps, in units of a constant's. */
  readonly gain: number;
}

/** The best such trial; null where none was made. */
function gainAt({ rate_trials }: Trace, isWanted: (factor: number) => boolean): RateGain | null {
  const gains = rate_trials
    .filter(({ factor }) => isWanted(factor))
    .map(({ factor, steps, loss_ratio, own_ratio }) => ({
      factor,
      steps,
      loss_ratio,
      gain: loss_ratio < NOTHING ? bounded(own_ratio) - bounded(loss_ratio) : 0,
    }));
  return gains.reduce<RateGain | null>(
    (best, one) => (best === null || one.gain > best.gain ? one : best),
    null,
  );
}

export const gainOfLowerRate = (trace: Trace): RateGain | null => gainAt(trace, (factor) => factor < 1);
export const gainOfHigherRate = (trace: Trace): RateGain | null => gainAt(trace, (factor) => factor > 1);

/** The longest trial at each of these rates, in words, where none of them was better: they do not learn it either. */
export function notLearnedAt(trace: Trace | undefined, isWanted: (factor: number) => boolean): string {
  const longest = new Map<number, number>();
  for (const { factor, steps } of trace?.rate_trials ?? [])
    if (isWanted(factor)) longest.set(factor, Math.max(steps, longest.get(factor) ?? 0));
  const told = [...longest].map(([factor, steps], i) =>
    i === 0
      ? `At ${text(factor)} times the learning rate it is not learned in ${steps} steps either`
      : `nor at ${text(factor)} times in ${steps}`,
  );
  return told.length === 0 ? '' : ` ${told.join(', ')}.`;
}
