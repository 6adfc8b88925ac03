/** @file Gradients that are more chance than direction. */
import { type Experiment, planExperiment } from '../../experiment/index.ts';
import type { Trace } from '../../statistics/index.ts';
import { isUnlearnable, progressOf, severityByProgress } from '../evidence/progress.ts';
import { FEW_STEPS, lastOf, moves } from '../evidence/run.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { measured, text } from '../wording.ts';

const thresholds = {
  gradient_signal_to_noise: {
    value: 0.05,
    unit: '‖mean gradient‖² / summed variance between batches',
    source: 'torchmortem: signal-to-noise < 1 (of single elements); Cockpit (arXiv:2102.06604)',
    rationale: 'Twenty batches have to be averaged before the direction outweighs the chance',
    healthy: 'above',
  },
} as const;

/**
 * Whether averaging over more samples would show a direction: where even the mean over the whole split is no more than chance, the
 * training stands at an optimum or on a plateau, and noise is not what keeps it there. The noise of dropout has no end of samples.
 */
function hasDirection({ modes }: Trace, experiment: Experiment | null, ratio: number): boolean {
  if (modes.length > 0 || experiment === null) return true;
  const { training_samples, batch_size } = planExperiment(experiment);
  return (ratio * training_samples) / batch_size > 1;
}

export const noisyGradient = defineRule({
  rule: 'noisy_gradient',
  title: 'The gradient is mostly noise',
  description:
    'At fixed weights in the middle of the training, over 8 to 32 batches (the more the smaller they are): squared norm of the mean gradient over its ' +
    'variance between batches, both without bias. Near a minimum this is small in every healthy network, so it counts ' +
    'only where the network has not learned.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Schneider et al. 2021, arXiv:2102.06604', 'McCandlish et al. 2018, arXiv:1812.06162'],
  brings_about: ['unstable_loss', 'slow_convergence', 'loss_not_decreasing', 'underfitting'],
  is_consequence: true,
  recorded_as:
    'a series of the run, metric `gradient_signal_to_noise`: squared norm of the mean gradient of some batches over their variance',
  quorum: 'majority',
  examine(trace, experiment, limits) {
    const measured = lastOf(trace, 'gradient_signal_to_noise');
    if (measured === null)
      return notEvaluable('the training ended before its middle, or has too many parameters');
    if (Number.isNaN(measured.value)) return notEvaluable('a gradient was not finite');
    const { value, step } = measured;
    const found = value < limits.gradient_signal_to_noise;
    return {
      kind: 'evaluated',
      // A network at the limit of its data has no direction left to go; one that does not move follows none.
      found:
        found &&
        !['learned', 'limited'].includes(progressOf(trace).state) &&
        moves(trace) &&
        // In so few steps noise has kept nothing from being learned.
        trace.steps_completed >= FEW_STEPS &&
        hasDirection(trace, experiment, value),
      severity: isUnlearnable(trace) ? 'info' : severityByProgress(trace),
      layers: [],
      first_step: found ? step : null,
      evidence: [
        evidenceOf('gradient_signal_to_noise', value, limits.gradient_signal_to_noise, 'ratio', { step }),
      ],
    };
  },
  explain(finding) {
    const signal = measured(finding, 'gradient_signal_to_noise');
    const value = signal?.value ?? 0;
    const size =
      value > 0
        ? `has ${text(value)} of the power of its scatter from batch to batch`
        : 'cannot be told from 0 in its scatter from batch to batch';
    return `At step ${signal?.step} the mean gradient ${size}: a step follows chance more than direction.`;
  },
});
