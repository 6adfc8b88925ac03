/** @file A network that is another in inference than the one that was trained. */

import { placedLayers, planExperiment } from '../../experiment/index.ts';
import { flattenLayers } from '../../network/index.ts';
import { lossRatio, lossScale } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable } from '../rule.ts';
import { measured, named, percent, text } from '../wording.ts';

const thresholds = {
  mode_gap: {
    value: 0.25,
    unit: '(loss in inference mode − loss in training mode of the same samples) / constant loss',
    source: 'this project: by so much any fault counts to have cost something (COST in evidence/progress.ts)',
    rationale:
      'A quarter of what there is to learn is lost by switching the mode: of 34 networks with batch norm that learn, on three seeds each, none loses more than 0.07; dropout makes training mode the worse one',
  },
  learned_in_training_mode: {
    value: 0.8,
    unit: 'loss in training mode / constant loss',
    source: 'this project',
    rationale: 'What has learned nothing in training mode has nothing to lose',
  },
} as const;

/** What is left of an average's start after all steps; more than this is a lag. */
const LAG = 0.05;
/** With fewer samples the mean and variance of a batch are mostly those of its own samples. */
const FEW = 8;

/** An average over fewer batches than these (1 / (1 − momentum)) is that of the last ones. */
const MANY = 5;

/** What keeps the running averages from what a batch has: their momentum, too few steps, or batches that differ from each other. */
function whyNot({ experiment, traces }: Finding): string {
  const steps = traces[0]?.steps_completed ?? 0;
  if (experiment === null) return 'they lag behind in so few steps, or do not move';
  const momenta = flattenLayers(placedLayers(experiment)).flatMap(({ type, config }) =>
    type === 'batch_norm' ? [(config as { momentum?: number }).momentum ?? 0.99] : [],
  );
  const momentum = Math.max(...momenta);
  if (momentum >= 1) return 'with a momentum of 1 they do not move';
  const left = momentum ** steps;
  if (left > LAG)
    return `at a momentum of ${momentum}, ${percent(left)} of what they started from is left after ${steps} steps`;
  const { batch_size } = planExperiment(experiment);
  const samples = batch_size === 1 ? 'one sample' : `${batch_size} samples`;
  if (batch_size < FEW)
    return `in training each batch of ${samples} is normalized by numbers of its own, which differ from batch to batch`;
  return 1 / (1 - momentum) < MANY
    ? `at a momentum of ${momentum} they follow the last batches alone, which differ from each other`
    : 'they are means over many steps, in which the weights moved on';
}

export const inferenceMismatch = defineRule({
  rule: 'inference_mismatch',
  title: 'Inference mode does not do what training mode learned',
  description:
    'Loss of the same training samples at the same weights in both modes after the last step: with batch statistics and noise, ' +
    'and with running averages and without. Found where training mode has learned and inference mode lags behind.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Ioffe & Szegedy 2015, arXiv:1502.03167', 'Ioffe 2017, Batch renormalization, arXiv:1702.03275'],
  // Measured in inference, nothing was learned, whatever training mode shows.
  brings_about: [
    'overfitting',
    'vanishing_gradient',
    'exploding_gradient',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'update_ratio',
    'sharpness',
    ...POOR,
  ],
  is_consequence: false,
  recorded_as: null,
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    const end = trace.modes.at(-1);
    if (end === undefined || end.step < trace.steps_completed)
      return notEvaluable(
        'no layer behaves differently in training and in inference, or both were not measured',
      );
    const gap = (end.inference.loss - end.training.loss) / lossScale(trace);
    const learned = lossRatio(trace, end.training.loss);
    if (Number.isNaN(learned)) return notEvaluable('the loss in training mode is not finite');
    const norms = trace.layers.filter(({ type }) => type === 'batch_norm').map(({ name }) => name);
    const found = (gap > limits.mode_gap || Number.isNaN(gap)) && learned < limits.learned_in_training_mode;
    const accuracies = [end.training.accuracy, end.inference.accuracy];
    const { step } = end;
    return {
      kind: 'evaluated',
      found,
      severity: lossRatio(trace) < 0.5 ? 'warning' : 'critical',
      layers: norms,
      first_step: null,
      evidence: [
        evidenceOf('mode_gap', gap, limits.mode_gap, 'difference / constant loss', { step }),
        evidenceOf(
          'learned_in_training_mode',
          learned,
          limits.learned_in_training_mode,
          'loss / constant loss',
          {
            step,
          },
        ),
        evidenceOf('training_mode_loss', end.training.loss, null, 'loss', { step }),
        evidenceOf('inference_mode_loss', end.inference.loss, null, 'loss', { step }),
        ...accuracies.flatMap((accuracy, i) =>
          accuracy === null
            ? []
            : [
                evidenceOf(
                  i === 0 ? 'training_mode_accuracy' : 'inference_mode_accuracy',
                  accuracy,
                  null,
                  'fraction',
                  {
                    step,
                  },
                ),
              ],
        ),
      ],
    };
  },
  explain(finding) {
    const loss = (mode: string) => text(measured(finding, `${mode}_mode_loss`)?.value);
    const accuracy = (mode: string) => measured(finding, `${mode}_mode_accuracy`)?.value;
    const [before, after] = [accuracy('training'), accuracy('inference')];
    const shares =
      before == null || after == null ? '' : ` (accuracy ${percent(before)} against ${percent(after)})`;
    return (
      `The same weights have a loss of ${loss('training')} on training samples in training mode and of ${loss('inference')} in ` +
      `inference mode${shares}. ` +
      (finding.layers.length > 0
        ? `The running averages of ${named(finding.layers)} are not those of the batches: ${whyNot(finding)}.`
        : 'What is random in training mode is not evened out in inference.')
    );
  },
});
