/** @file Which findings explain which others: stated beforehand, and kept where the order of first steps allows it. */
import type { Check } from './check.ts';

/** What each rule's finding can bring about, and how. */
const effects: Readonly<Record<string, readonly string[]>> = {
  // Large inputs meet weights that were drawn for inputs of size 1.
  unscaled_inputs: [
    'poor_initialization',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'update_ratio',
    'sharpness',
    'unstable_loss',
    'slow_convergence',
    'loss_not_decreasing',
    'excessive_clipping',
  ],
  // The gradient of an output that cannot become right.
  loss_output_mismatch: [
    'slow_convergence',
    'loss_not_decreasing',
    'non_finite_values',
    'vanishing_gradient',
    'unchanged_parameters',
  ],
  // A mean loss that hardly hears the rare classes.
  class_imbalance: ['loss_not_decreasing'],
  // A signal that shrinks or grows with depth takes the gradient along.
  poor_initialization: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'excessive_clipping',
    'update_ratio',
    'unchanged_parameters',
    'unstable_loss',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  // What gets no gradient does not change.
  vanishing_gradient: [
    'update_ratio',
    'unchanged_parameters',
    'noisy_gradient',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  // Steps that replace the weights push units to where they stay.
  exploding_gradient: [
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'excessive_clipping',
    'update_ratio',
    'sharpness',
    'unstable_loss',
    'loss_not_decreasing',
  ],
  update_ratio: ['unchanged_parameters', 'unstable_loss', 'slow_convergence', 'loss_not_decreasing'],
  dead_units: [
    'rank_collapse',
    'unchanged_parameters',
    'noisy_gradient',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  saturated_units: [
    'vanishing_gradient',
    'rank_collapse',
    'unchanged_parameters',
    'noisy_gradient',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  rank_collapse: ['noisy_gradient', 'slow_convergence', 'loss_not_decreasing'],
  excessive_clipping: ['slow_convergence', 'loss_not_decreasing'],
  unchanged_parameters: ['slow_convergence', 'loss_not_decreasing'],
  noisy_gradient: ['unstable_loss', 'slow_convergence', 'loss_not_decreasing'],
  sharpness: ['unstable_loss', 'loss_not_decreasing'],
  unstable_loss: ['loss_not_decreasing'],
  non_finite_values: ['loss_not_decreasing'],
};

/** Updates that are too large push units to where they stay; units that are there get updates that are too small. */
const stuck = ['dead_units', 'saturated_units', 'rank_collapse'];

function effectsOf({ rule, evidence }: Check): readonly string[] {
  const stated = effects[rule] ?? [];
  const large = evidence.some(
    ({ metric, value, threshold }) =>
      metric === 'largest_ratio' && value !== null && threshold !== null && value > threshold,
  );
  return rule === 'update_ratio' && large ? [...stated, ...stuck] : stated;
}

/** What explains updates that are too small. */
const explains = (cause: Check, effect: Check): boolean =>
  effectsOf(cause).includes(effect.rule) ||
  (effect.rule === 'update_ratio' && stuck.includes(cause.rule) && !effectsOf(effect).includes(cause.rule));

const isSerious = ({ status, severity }: Check): boolean => status === 'found' && severity !== 'info';

/** A cause is not seen later than its effect; of findings without a step nothing is known. */
const notLater = (cause: Check, effect: Check): boolean =>
  cause.first_step === null || effect.first_step === null || cause.first_step <= effect.first_step;

/** The checks with `caused_by` filled in, in the order of the rules: causes first. */
export function withCauses(checks: readonly Check[]): Check[] {
  const serious = checks.filter(isSerious);
  return checks.map((check) => {
    if (!isSerious(check)) return check;
    const causes = serious.filter((other) => explains(other, check) && notLater(other, check));
    // Two that explain each other explain nothing: the earlier in the order of the rules is the cause.
    const order = (rule: string) => checks.findIndex((one) => one.rule === rule);
    const mutual = (other: Check) => explains(check, other) && order(check.rule) < order(other.rule);
    return { ...check, caused_by: causes.filter((other) => !mutual(other)).map(({ rule }) => rule) };
  });
}
