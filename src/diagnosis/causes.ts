/** @file Which findings explain which others: stated beforehand, and kept where the order of first steps allows it. */
import type { Check } from './check.ts';
import type { RuleName } from './rules/index.ts';

/** How a training ends that something keeps from learning. */
const poor: readonly RuleName[] = [
  'noisy_gradient',
  'unstable_loss',
  'slow_convergence',
  'loss_not_decreasing',
  'underfitting',
  'class_imbalance',
];

/** What becomes of weights and units under steps, values or gradients of the wrong size. */
const wrecked: readonly RuleName[] = [
  'vanishing_gradient',
  'exploding_gradient',
  'non_finite_values',
  'dead_units',
  'saturated_units',
  'rank_collapse',
  'excessive_clipping',
  'update_ratio',
  'unchanged_parameters',
  'sharpness',
];

/** What each rule's finding can bring about. */
const effects: Readonly<Record<RuleName, readonly RuleName[]>> = {
  // Numbers of the wrong size meet weights that were drawn for numbers of size 1.
  unscaled_inputs: ['poor_initialization', 'inference_mismatch', ...wrecked, ...poor],
  unscaled_targets: ['inference_mismatch', ...wrecked, ...poor],
  // The gradient of an output that cannot become right.
  loss_output_mismatch: ['unscaled_targets', 'poor_initialization', ...wrecked, ...poor],
  // A step hears one class only, and forgets the others.
  unshuffled_data: ['overfitting', 'sharpness', 'rank_collapse', 'update_ratio', ...poor],
  // Its output is the same for every sample.
  degenerate_normalization: ['poor_initialization', 'inference_mismatch', ...wrecked, ...poor],
  // Weights that are drawn to 0 carry no signal.
  excessive_regularization: [
    'vanishing_gradient',
    'dead_units',
    'rank_collapse',
    'update_ratio',
    'unchanged_parameters',
    'excessive_clipping',
    'inference_mismatch',
    'sharpness',
    ...poor,
  ],
  // What a batch shows of a unit is chance.
  excessive_dropout: [
    'vanishing_gradient',
    'exploding_gradient',
    'dead_units',
    'rank_collapse',
    'update_ratio',
    'excessive_clipping',
    'sharpness',
    ...poor,
  ],
  // Measured in inference, nothing was learned, whatever training mode shows.
  inference_mismatch: [
    'overfitting',
    'vanishing_gradient',
    'exploding_gradient',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'update_ratio',
    'sharpness',
    ...poor,
  ],
  // A mean loss that hardly hears the rare classes.
  class_imbalance: ['loss_not_decreasing', 'slow_convergence', 'underfitting', 'noisy_gradient'],
  // A signal that shrinks or grows with depth takes the gradient along.
  poor_initialization: [...wrecked, ...poor],
  // What gets no gradient does not change.
  vanishing_gradient: ['update_ratio', 'unchanged_parameters', 'rank_collapse', ...poor],
  // Steps that replace the weights push units to where they stay, and their gradients to 0.
  exploding_gradient: ['inference_mismatch', ...wrecked, ...poor],
  non_finite_values: ['vanishing_gradient', 'unchanged_parameters', ...poor],
  dead_units: ['vanishing_gradient', 'rank_collapse', 'update_ratio', 'unchanged_parameters', ...poor],
  saturated_units: ['vanishing_gradient', 'rank_collapse', 'update_ratio', 'unchanged_parameters', ...poor],
  rank_collapse: ['update_ratio', ...poor],
  excessive_clipping: ['update_ratio', 'unchanged_parameters', ...poor],
  update_ratio: ['unchanged_parameters', ...poor],
  unchanged_parameters: poor,
  noisy_gradient: ['unstable_loss', 'slow_convergence', 'loss_not_decreasing', 'underfitting'],
  sharpness: ['unstable_loss', 'slow_convergence', 'loss_not_decreasing', 'underfitting'],
  unstable_loss: ['slow_convergence', 'loss_not_decreasing', 'underfitting'],
  slow_convergence: ['loss_not_decreasing', 'underfitting'],
  loss_not_decreasing: ['underfitting'],
  underfitting: [],
  overfitting: [],
};

/** Steps that are too long break what steps that are too short only leave as it was. */
const isTooLong = ({ rule, evidence }: Check): boolean =>
  rule === 'update_ratio' &&
  evidence.some(
    ({ metric, value, threshold }) =>
      ['largest_ratio', 'first_ratio', 'lower_rate_gain'].includes(metric) &&
      value !== null &&
      threshold !== null &&
      value > threshold,
  );

const isLowerRateBetter = ({ evidence }: Check): boolean =>
  evidence.some(
    ({ metric, value, threshold }) => metric === 'lower_rate_gain' && (value ?? 0) > (threshold ?? 0),
  );

function effectsOf(check: Check): readonly RuleName[] {
  const stated = effects[check.rule as RuleName];
  if (!isTooLong(check)) return stated;
  // That a lower rate learns was measured: then the explosion is what the rate does.
  const exploding: RuleName[] = isLowerRateBetter(check)
    ? wrecked.filter((rule) => rule !== 'update_ratio')
    : [];
  return [...stated, 'dead_units', 'saturated_units', 'rank_collapse', 'vanishing_gradient', ...exploding];
}

const explains = (cause: Check, effect: Check): boolean => effectsOf(cause).includes(effect.rule as RuleName);

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
