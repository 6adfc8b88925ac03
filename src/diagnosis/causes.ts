/** @file Which findings explain which others: stated beforehand, and kept where the order of first steps allows it. */
import { present } from '../util/assert.ts';
import type { Check, Evidence } from './check.ts';
import { POOR, WRECKED } from './consequences.ts';
import type { Rule } from './rule.ts';
import { type RuleName, rules } from './rules/index.ts';
import { isBeyond } from './wording.ts';

const byName = new Map<string, Rule>(rules.map((rule) => [rule.rule, rule]));

/** What too long steps bring about, beside what `update_ratio` lists. */
const overshot: readonly RuleName[] = [
  'dead_units',
  'saturated_units',
  'rank_collapse',
  'vanishing_gradient',
];

/** Whether the steps are too long. Too long ones wreck units and gradients; too short ones leave them as they were. */
const isTooLong = ({ rule, evidence }: Check): boolean =>
  rule === 'update_ratio' &&
  evidence.some(
    ({ metric, value, threshold }) =>
      ['largest_ratio', 'lower_rate_gain'].includes(metric) &&
      value !== null &&
      threshold !== null &&
      value > threshold,
  );

/** Whether the network was measured to learn at a lower rate. */
const isLowerRateBetter = ({ evidence }: Check): boolean =>
  evidence.some(
    ({ metric, value, threshold }) => metric === 'lower_rate_gain' && (value ?? 0) > (threshold ?? 0),
  ) && evidence.some(({ metric, value }) => metric === 'lower_rate_loss_ratio' && (value ?? 1) < 0.5);

const HINTS = new Set(['classes_under_binary_loss', 'values_loss_on_classes', 'values_loss_on_two_classes']);

/** Whether the loss fits the output, but perhaps not the task. That slows a training down, and breaks none. */
export const isHint = ({ rule, evidence }: Check): boolean =>
  rule === 'loss_output_mismatch' && evidence.some(({ metric }) => HINTS.has(metric));

/** Whether the network was measured to learn at a higher rate. Then the rate is what slows it down. */
const isHigherRateBetter = ({ evidence }: Check): boolean =>
  evidence.some(
    ({ metric, value, threshold }) => metric === 'higher_rate_gain' && (value ?? 0) > (threshold ?? 0),
  );

/** Whether the first step already replaces the weights though the gradient does not grow on its way back: then the step is too long, not the gradient. */
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
  // The network learns at a lower rate: so the explosion is an effect of the rate.
  const exploding: RuleName[] = isLowerRateBetter(check)
    ? WRECKED.filter((rule) => rule !== 'update_ratio')
    : [];
  return [...stated, ...overshot, ...exploding];
}

const isUnderfitting = (by: string) => (check: Check) =>
  check.rule === 'underfitting' && check.evidence.some((one) => one.metric === by && isBeyond(one));
/** Whether the loss does not fall because the network is linear. */
const isOfNoActivation = isUnderfitting('linear_gap');
/** Whether the loss does not fall, or only by what is learned by heart, because nothing in the network sees the order. */
const isOfNoOrder = isUnderfitting('order_gap');

/** As in evidence/progress.ts: a loss that falls by a smaller part in its last quarter stands. */
const STILL_FALLING = 0.02;

/** Whether the loss stands, though accuracy may be gained, and no higher rate was measured to learn. */
const stands = (check: Check): boolean =>
  check.rule === 'slow_convergence' &&
  !isHigherRateBetter(check) &&
  check.evidence.every(
    ({ metric, value }) => metric !== 'fall_of_the_last_quarter' || (value ?? 0) < STILL_FALLING,
  );

/** Whether the supposed cause is only how the effect looks: a network that cannot learn the data has a loss that stands. Not so where it was measured to learn at a higher rate. */
const isLookOf = (cause: Check, effect: Check): boolean =>
  (cause.rule === 'loss_not_decreasing' && (isOfNoActivation(effect) || isOfNoOrder(effect))) ||
  (stands(cause) && isOfNoActivation(effect)) ||
  (isOfNoActivation(cause) && effect.rule === 'slow_convergence' && !stands(effect)) ||
  (cause.rule === 'slow_convergence' && isOfNoOrder(effect) && !isHigherRateBetter(cause));

/** A scale that is beyond its threshold by a smaller factor may be innocent. Chosen by this project, on the scenarios. */
const BARELY = 3;

const isBarely = ({ value, threshold, healthy }: Evidence): boolean => {
  if (!value || !threshold) return false;
  return (healthy === 'above' ? threshold / value : value / threshold) < BARELY;
};

/** Whether a scale is barely beyond its threshold. Where a lower rate was measured to learn with it, it does no harm. */
const isHarmless = ({ rule, evidence }: Check): boolean =>
  (rule === 'unscaled_inputs' || rule === 'unscaled_targets') && evidence.filter(isBeyond).every(isBarely);

/** Whether the whole output is dead from the draw: no target is answered, of whatever scale, before that is mended. */
const isMute = (check: Check): boolean =>
  isOfTheDraw(check) && (valueOfMetric(check, 'dead_output_fraction') ?? 0) === 1;

const valueOfMetric = ({ evidence }: Check, name: string): number | null =>
  evidence.find(({ metric }) => metric === name)?.value ?? null;

/**
 * Whether inputs are so large that the answers of a fresh network, which grow with them, exceed the targets. Then the first errors, and
 * the gradients, are made of the answers: what the targets' scale would do is not seen before the inputs are scaled.
 */
const outweighs = (cause: Check, effect: Check): boolean =>
  cause.rule === 'unscaled_inputs' &&
  effect.rule === 'unscaled_targets' &&
  cause.evidence.some((one) => one.metric !== 'smallest_input_rms' && isBeyond(one)) &&
  (valueOfMetric(effect, 'first_answers') ?? 0) >
    (valueOfMetric(effect, 'target_rms') ?? Number.POSITIVE_INFINITY);

/** Faults that act through updates only. */
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
/** Whether units are stuck before the first update. Then no update is to blame, but the drawn weights or the inputs. */
const isOfTheDraw = ({ rule, first_step }: Check): boolean =>
  (rule === 'dead_units' || rule === 'saturated_units') && first_step === 0;

const explains = (cause: Check, effect: Check): boolean =>
  (effectsOf(cause).includes(effect.rule) &&
    !(BY_UPDATES.has(cause.rule) && isOfTheDraw(effect)) &&
    !((isHint(cause) || isOfNoOrder(cause)) && isHigherRateBetter(effect)) &&
    !isLookOf(cause, effect) &&
    !(isHarmless(cause) && isLowerRateBetter(effect))) ||
  outweighs(cause, effect) ||
  (isMute(cause) && effect.rule === 'unscaled_targets') ||
  (isLowerRateBetter(cause) && isHarmless(effect)) ||
  (isTooLong(cause) && isOfTheStep(effect));

const isSerious = ({ status, severity }: Check): boolean => status === 'found' && severity !== 'info';

/** Whether one step wrecked the training: how it ended is the work of that step, whatever showed before it. */
const isWreck = ({ rule, evidence }: Check): boolean =>
  rule === 'exploding_gradient' && evidence.some((one) => one.metric === 'norm_jump' && isBeyond(one));

/** A cause is not seen later than its effect. A finding without a step may be as early as any. */
const notLater = (cause: Check, effect: Check): boolean =>
  cause.first_step === null ||
  effect.first_step === null ||
  cause.first_step <= effect.first_step ||
  (isWreck(cause) && effect.rule === 'vanishing_gradient');

/** A hint slows a training down. Where something else explains a finding too, that is the root. */
function leadingOf(roots: readonly Check[]): readonly Check[] {
  const others = roots.filter((root) => !isHint(root));
  return others.length > 0 ? others : roots;
}

/** The checks with `caused_by` filled in with the roots of each, in the order of the rules: causes first. */
export function withCauses(checks: readonly Check[]): Check[] {
  const serious = checks.filter(isSerious);
  const order = (check: Check) => serious.indexOf(check);
  /** Two findings may explain each other. Then a rate that was measured to be too high comes first, else the order of the rules decides. */
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
    const found = new Set(leadingOf(roots(check)));
    found.delete(check);
    return { ...check, caused_by: serious.filter((one) => found.has(one)).map(({ rule }) => rule) };
  });
}
