/** @file A loss that comes back up. */
import { lossScale } from '../../statistics/index.ts';
import { isUnlearnable, progressOf, severityByProgress } from '../evidence/progress.ts';
import { gainOfLowerRate, RATE_GAIN } from '../evidence/rate.ts';
import { lossWindows, moves } from '../evidence/run.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { measured, ofConstant, text } from '../wording.ts';

const thresholds = {
  rebound: {
    value: 0.5,
    unit: 'rise of the mean loss (of a tenth of the steps) above its lowest so far / loss of the best constant prediction',
    source:
      'AUTOTRAINER (ICSE 2021): accuracy swings in ≥ 20 % of epochs; here against chance, so that noise near 0 is no swing',
    rationale: 'What was learned is lost again by half of what there is to learn',
  },
} as const;

const WINDOWS = 10;
/** As in `unshuffled_data`. */
const SORTED = 0.3;

/** What brings it up, where that was measured. */
function why({ traces }: Finding): string {
  const [trace] = traces;
  if ((trace?.batch_order?.between_batches ?? 0) > SORTED)
    return 'the batches are too unlike each other, since the samples are not shuffled';
  const lower = trace === undefined ? null : gainOfLowerRate(trace);
  if (lower !== null && lower.gain > RATE_GAIN)
    return `steps are too long for the curvature, since at ${text(lower.factor)} times the learning rate it is learned`;
  return 'steps are too long for the curvature, or batches too unlike each other';
}

/** The largest rise of a window's mean above the lowest before it, and the step where it stands. */
function largestRise(windows: readonly number[], steps: number): { rise: number; step: number } {
  let [lowest, rise, at] = [windows[0] as number, 0, 0];
  windows.forEach((loss, w) => {
    if (loss - lowest > rise) [rise, at] = [loss - lowest, w];
    lowest = Math.min(lowest, loss);
  });
  return { rise, step: Math.floor((at * steps) / windows.length) };
}

export const unstableLoss = defineRule({
  rule: 'unstable_loss',
  title: 'The loss is unstable',
  description:
    'Means of the batch losses over tenths of the training: the largest rise of one above the lowest before it, in ' +
    'units of the loss of the best constant prediction. Harmless where the network learns all the same.',
  needs: [],
  thresholds,
  sources: ['AUTOTRAINER (ICSE 2021)', 'Cohen et al. 2021, arXiv:2103.00065'],
  brings_about: ['slow_convergence', 'loss_not_decreasing', 'underfitting'],
  is_consequence: true,
  recorded_as: 'the `losses` of at least ten steps',
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const windows = lossWindows(trace, WINDOWS).filter(Number.isFinite);
    if (windows.length < WINDOWS && progressOf(trace).state !== 'diverged') {
      return notEvaluable(`a training of ${trace.losses.length} steps has no ${WINDOWS} windows`);
    }
    if (windows.length === 0) return notEvaluable('no window has a finite loss');
    const { rise, step } = largestRise(windows, trace.losses.length);
    const rebound = rise / lossScale(trace);
    return {
      kind: 'evaluated',
      found: rebound > limits.rebound && moves(trace),
      // Where there is nothing to learn, the loss wanders with the batches.
      severity: isUnlearnable(trace) ? 'info' : severityByProgress(trace),
      layers: [],
      first_step: rebound > limits.rebound ? step : null,
      evidence: [evidenceOf('rebound', rebound, limits.rebound, 'rise / constant loss', { step })],
    };
  },
  explain: (finding) =>
    `By step ${measured(finding, 'rebound')?.step} the mean loss has come back up by ${ofConstant(measured(finding, 'rebound')?.value)} above ` +
    `its lowest: ${why(finding)}.`,
});
