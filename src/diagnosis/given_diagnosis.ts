/** @file The diagnosis of traces that were measured elsewhere: what they lack is said in words of a trace, not of settings. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Check } from './check.ts';
import { diagnose, verdictOf } from './diagnose.ts';
import type { RuleName } from './rules/index.ts';

const updates =
  'series of tensor `kernel.update` (`l2_norm`, `ratio_to_weight`) and `kernel` (`l2_norm`) of every layer';
const gradients = 'a series of tensor `output_gradient`, metric `rms`, of every layer with parameters';
const ownExperiment = 'the `experiment`';
const jobOnly = null;

/** What a rule reads of a trace, and how it is recorded; null where only a job measures it. */
const wanted: Readonly<Record<RuleName, string | null>> = {
  unscaled_inputs: '`input_rms`: the root mean square of the training inputs',
  unscaled_targets: jobOnly,
  loss_output_mismatch: ownExperiment,
  unshuffled_data: jobOnly,
  degenerate_normalization: ownExperiment,
  excessive_regularization: ownExperiment,
  excessive_dropout: ownExperiment,
  inference_mismatch: jobOnly,
  class_imbalance: '`class_counts` of the training split and `class_recall` on it after the last step',
  poor_initialization: 'a series of tensor `output`, metric `rms`, of every layer, from step 0 on',
  vanishing_gradient: gradients,
  exploding_gradient: `${gradients}; and ${updates}`,
  non_finite_values: jobOnly,
  dead_units: '`unit_passes` with `dead_units`, counted over all training samples at two steps or more',
  saturated_units:
    '`unit_passes` with `saturated_units`, counted over all training samples at two steps or more',
  rank_collapse:
    'a series of tensor `output`, metric `effective_rank`, of every hidden layer, at two steps or more',
  excessive_clipping: `${ownExperiment}, and a series of the run, metric \`clipped_fraction\``,
  update_ratio: updates,
  unchanged_parameters: updates,
  noisy_gradient:
    'a series of the run, metric `gradient_signal_to_noise`: squared norm of the mean gradient of some batches over their variance',
  sharpness: `${ownExperiment}, and a series of the run, metric \`sharpness\`: the largest Hessian eigenvalue after the last step`,
  unstable_loss: 'the `losses` of at least ten steps',
  slow_convergence: jobOnly,
  loss_not_decreasing: jobOnly,
  underfitting: jobOnly,
  overfitting: '`validation_loss` after the last step',
};

/** Explanations that name a setting of a job, where there is none. */
const ofSettings =
  /^(no experiment was given|nothing was probed|no units were counted|nothing was measured|no update|no probed step|no hidden layer was|the inputs are tokens|there is no validation|the targets are not one)/;

function inWordsOfATrace(check: Check): Check {
  if (check.status !== 'not_evaluable') return check;
  const lacking = wanted[check.rule as RuleName];
  if (lacking === null)
    return { ...check, explanation: 'only a job measures what this rule reads: post the experiment as one' };
  if (!ofSettings.test(check.explanation)) return check;
  return { ...check, explanation: `the trace lacks ${lacking}` };
}

export const diagnoseGivenTraces = (experiment: Experiment | null, traces: readonly Trace[]): Check[] =>
  diagnose(experiment, traces).map(inWordsOfATrace);

/** The rules without which a network cannot be called healthy. */
const needed: readonly RuleName[] = ['vanishing_gradient', 'exploding_gradient'];

/** Healthy only where the gradients were looked at: with none measured, nothing that is found means nothing. */
export function verdictOfGiven(checks: readonly Check[]): 'healthy' | 'unhealthy' | 'inconclusive' {
  const verdict = verdictOf(checks);
  if (verdict === 'unhealthy') return verdict;
  const blind = checks.filter(
    ({ rule, status, explanation }) =>
      needed.some((one) => one === rule) &&
      status === 'not_evaluable' &&
      explanation.startsWith('the trace lacks'),
  );
  return blind.length > 0 ? 'inconclusive' : 'healthy';
}

/** One line for each rule that could not run for want of something that a trace can hold. */
export const toMeasure = (checks: readonly Check[]): string[] =>
  checks
    .filter(
      ({ status, explanation }) => status === 'not_evaluable' && explanation.startsWith('the trace lacks'),
    )
    .map(({ rule, explanation }) => `${rule}: ${explanation.replace('the trace lacks ', '')}`);
