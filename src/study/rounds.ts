/** @file The rounds after screening: which candidates are re-trained on the first seed, and which on all. */
import { efforts } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import {
  begin,
  type Comparison,
  complete,
  isTrained,
  type Option,
  single,
  type Trained,
  train,
} from './option.ts';
import { byOutcome, type Screened } from './screening.ts';

/** A goal that is lower than the baseline's by less, on one seed, says nothing. */
const HELPED = 0.95;
/** So many candidates are re-trained on the first seed before a recommendation is sought. */
const FIRST_WAVE = 3;

const halfOf = (screened: readonly Screened[]): number => Math.max(2, Math.ceil(screened.length / 2));

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

/** The first candidates on the first seed, as far as the budget allows to go on with one of them, and to prove it. */
export function beginFirst(
  order: readonly Screened[],
  seeds: readonly number[],
  runner: ArmRunner,
): Promise<Option[]> {
  const running = order.slice(0, Math.min(halfOf(order), FIRST_WAVE)).flatMap((screened) => {
    const { experiment } = screened.candidate;
    return runner.affords(experiment, seeds.length + 1) ? [begin(single(screened), seeds, runner)] : [];
  });
  return Promise.all(running);
}

/** With what is left of the budget: what was begun, and the best half of the candidates, on all seeds. */
export async function completeHalf(
  order: readonly Screened[],
  options: readonly Option[],
  comparison: Comparison,
  runner: ArmRunner,
): Promise<Trained[]> {
  const { seeds } = comparison;
  const begun = options.filter(({ screened }) => screened !== null);
  const waiting = begun.flatMap((option) => {
    const isOpen = !isTrained(option) && runner.affords(option.experiment, seeds.length - 1);
    return isOpen ? [complete(option, comparison, runner)] : [];
  });
  const fresh = order
    .filter((one) => begun.every(({ screened }) => screened !== one))
    .slice(0, Math.max(0, halfOf(order) - begun.length))
    .flatMap((one) => {
      const { experiment } = one.candidate;
      return runner.affords(experiment, seeds.length) ? [train(single(one), comparison, runner)] : [];
    });
  return [...begun.filter(isTrained), ...(await Promise.all([...waiting, ...fresh]))];
}
