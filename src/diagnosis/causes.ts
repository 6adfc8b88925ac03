/** @file Which findings explain which others: stated beforehand, and kept where the order of first steps allows it. */
import { present } from '../util/assert.ts';
import type { Check, Evidence } from './check.ts';
import { POOR, WRECKED } from './consequences.ts';
import type { Rule } from './rule.ts';
import { type RuleName, rules } from './rules/index.ts';
import { isBeyond } from './wording.ts';

const byName = new Map<string, Rule>(rules.map((rule) => [rule.rule, rule]));

/** What steps that are too long do beside what `update_ratio` states. */
const overshot: readonly RuleName[] = [
  'dead_units',
  'saturated_units',
  'rank_collapse',
  'vanishing_gradient',
];

/** Steps that are too long break what steps that are too short only leave as it was. */
const isTooLong = ({ rule, evidence }: Check): boolean =>
  rule === 'update_ratio' &&
  evidence.some(
    ({ metric, value, threshold }) =>
      ['largest_ratio', 'lower_rate_gain'].includes(metric) &&
      value !== null &&
      threshold !== null &&
      value > threshold,
  );

/** A lower rate does not only break less: the network learns with it. */
const isLowerRateBetter = ({ evidence }: Check): boolean =>
  evidence.some(
    ({ metric, value, threshold }) => metric === 'lower_rate_gain' && (value ?? 0) > (threshold ?? 0),
  ) && evidence.some(({ metric, value }) => metric === 'lower_rate_loss_ratio' && (value ?? 1) < 0.5);

const HINTS = new Set(['classes_under_binary_loss', 'values_loss_on_classes', 'values_loss_on_two_classes']);

/** A loss that fits the output and perhaps not the task: it slows a training down, and breaks none. */
export const isHint = ({ rule, evidence }: Check): boolean =>
  rule === 'loss_output_mismatch' && evidence.some(({ metric }) => HINTS.has(metric));

/** That a higher rate learns was measured: then the rate is what slows it down, whatever might. */
const isHigherRateBetter = ({ evidence }: Check): boolean =>
  evidence.some(
    ({ metric, value, threshold }) => metric === 'higher_rate_gain' && (value ?? 0) > (threshold ?? 0),
  );

/** The first step already replaces the weights, and the gradient grows on no way back: the step is too long, not the gradient. */
const isOfTheStep = ({ rule, first_step, evidence }: Check): boolean =>
  rule === 'exploding_gradient' &&
  first_step === 0 &&
  !evidence.some((one) => one.metric === 'gradient_growth' && isBeyond(one));

function effectsOf(check: Check): readonly string[] {
  const stated = isHint(check) ? POOR : present(byName.get(check.rule), check.rule).brings_about;
  if (isOfNoActivation(check)) return ['loss_not_decreasing', 'slow_convergence'];
  if (isOfNoOrder(check)) return ['loss_not_decreasing', 'slow_convergence'];
  if (isOfTheStep(check)) return stated.filter((rule) => rule !== 'update_ratio');
  if (!isTooLong(check)) return stated;
  // That a lower rate learns was measured: then the explosion is what the rate does.
  const exploding: RuleName[] = isLowerRateBetter(check)
    ? WRECKED.filter((rule) => rule !== 'update_ratio')
    : [];
  return [...stated, ...overshot, ...exploding];
}

const isUnderfitting = (by: string) => (check: Check) =>
  check.rule === 'underfitting' && check.evidence.some((one) => one.metric === by && isBeyond(one));
/** That the network is linear is why its loss does not fall. */
const isOfNoActivation = isUnderfitting('linear_gap');
/** That nothing sees the order is why its loss does not fall, or only by what is learned by heart. */
const isOfNoOrder = isUnderfitting('order_gap');

/** As in evidence/progress.ts: a loss that falls by less in its last quarter has ended. */
const STILL_FALLING = 0.02;

/** It may gain accuracy, but its loss stands, and no higher rate was measured to learn. */
const stands = (check: Check): boolean =>
  check.rule === 'slow_convergence' &&
  !isHigherRateBetter(check) &&
  check.evidence.every(
    ({ metric, value }) => metric !== 'fall_of_the_last_quarter' || (value ?? 0) < STILL_FALLING,
  );

/** What the network cannot do is no consequence of what that looks like, unless a higher rate was measured to do it. */
const isLookOf = (cause: Check, effect: Check): boolean =>
  (cause.rule === 'loss_not_decreasing' && (isOfNoActivation(effect) || isOfNoOrder(effect))) ||
  (stands(cause) && isOfNoActivation(effect)) ||
  (isOfNoActivation(cause) && effect.rule === 'slow_convergence' && !stands(effect)) ||
  (cause.rule === 'slow_convergence' && isOfNoOrder(effect) && !isHigherRateBetter(cause));

/** Value over threshold, or threshold over value: beyond by less, a scale is not certain to be at fault. This project's choice. */
const BARELY = 3;

const isBarely = ({ value, threshold, healthy }: Evidence): boolean => {
  if (!value || !threshold) return false;
  return (healthy === 'above' ? threshold / value : value / threshold) < BARELY;
};

/** A scale that does no harm at the rate that was measured to learn. */
const isHarmless = ({ rule, evidence }: Check): boolean =>
  (rule === 'unscaled_inputs' || rule === 'unscaled_targets') && evidence.filter(isBeyond).every(isBarely);

/** What acts through updates only. */
const BY_UPDATES = new Set<string>([
  'unscaled_targets',
  'unshuffled_data',
  'excessive_regularization',
  'class_imbalance',
  'exploding_gradient',
  'noisy_gradient',
  'sharpness',
  'update_ratio',
]);
/** What the first pass shows, before any update, no update has done: it is of the draw of the weights, or of the inputs. */
const isOfTheDraw = ({ rule, first_step }: Check): boolean =>
  (rule === 'dead_units' || rule === 'saturated_units') && first_step === 0;

const explains = (cause: Check, effect: Check): boolean =>
  (effectsOf(cause).includes(effect.rule) &&
    !(BY_UPDATES.has(cause.rule) && isOfTheDraw(effect)) &&
    !((isHint(cause) || isOfNoOrder(cause)) && isHigherRateBetter(effect)) &&
    !isLookOf(cause, effect) &&
    !(isHarmless(cause) && isLowerRateBetter(effect))) ||
  (isLowerRateBetter(cause) && isHarmless(effect)) ||
  (isTooLong(cause) && isOfTheStep(effect));

const isSerious = ({ status, severity }: Check): boolean => status === 'found' && severity !== 'info';

/** A cause is not seen later than its effect; of findings without a step nothing is known. */
const notLater = (cause: Check, effect: Check): boolean =>
  cause.first_step === null || effect.first_step === null || cause.first_step <= effect.first_step;

/** The checks with `caused_by` filled in with the roots of each, in the order of the rules: causes first. */
export function withCauses(checks: readonly Check[]): Check[] {
  const serious = checks.filter(isSerious);
  const order = (check: Check) => serious.indexOf(check);
  /** Where two explain each other, what a measured rate does comes first, then the order of the rules. */
  const isFirst = (cause: Check, effect: Check) =>
    isLowerRateBetter(cause) !== isLowerRateBetter(effect)
      ? isLowerRateBetter(cause)
      : order(cause) < order(effect);
  const causesOf = (effect: Check): Check[] =>
    serious.filter(
      (cause) =>
        cause !== effect &&
        explains(cause, effect) &&
        notLater(cause, effect) &&
        (!(explains(effect, cause) && notLater(effect, cause)) || isFirst(cause, effect)),
    );
  const roots = (check: Check, seen: readonly Check[] = []): Check[] => {
    const causes = causesOf(check).filter((cause) => !seen.includes(cause));
    return causes.length === 0 ? [check] : causes.flatMap((cause) => roots(cause, [...seen, check]));
  };
  return checks.map((check) => {
    if (!isSerious(check)) return check;
    const found = new Set(roots(check));
    found.delete(check);
    return { ...check, caused_by: serious.filter((one) => found.has(one)).map(({ rule }) => rule) };
  });
}
