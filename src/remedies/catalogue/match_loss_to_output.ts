/** @file The last activation that the loss is made for. */
import {
  type Experiment,
  lossMismatch,
  outputRange,
  planExperiment,
  resolveLoss,
} from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { isNonlinear, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isSoftmax = (activation: unknown): boolean =>
  activation === 'softmax' || (activation as { type?: string } | undefined)?.type === 'softmax';

/** The softmax of a single output is 1, whatever comes in. */
function fittingOutput(experiment: Experiment): string {
  const { output, summed, positive } = resolveLoss(experiment);
  if (output !== 'probabilities') return positive ? 'softplus' : 'linear';
  const one = planExperiment(experiment).output_shape.at(-1) === 1;
  return summed && !one ? 'softmax' : 'sigmoid';
}

/** Whether the network can give every number that the loss takes, whatever the targets are. */
function isFitting(experiment: Experiment): boolean {
  if (!resolveLoss(experiment).positive)
    return lossMismatch(experiment, [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) === null;
  const { low, high } = outputRange(experiment);
  return low >= 0 && high === Number.POSITIVE_INFINITY;
}

export const matchLossToOutput = defineRemedy({
  remedy: 'match_loss_to_output',
  title: 'End with the activation that the loss takes',
  rationale:
    'Losses on logits and on values take a linear output; losses on probabilities take softmax or sigmoid; a loss with a logarithm of the ' +
    'output takes numbers above 0, which softplus gives.',
  sources: ['UMLAUT (CHI 2021)', 'Goodfellow et al. 2016, Deep Learning, section 6.2.2'],
  treats: ['loss_output_mismatch', 'underfitting'],
  effort: 'setting',
  change: (experiment) => {
    if (resolveLoss(experiment).parts !== null) return { reason: 'the network has several outputs' };
    const { layers } = experiment.network;
    const from = layers.findLastIndex(({ type }) => type === 'dense');
    const output = layers.slice(Math.max(0, from));
    if (output.some((layer) => layer.layers !== undefined))
      return { reason: 'the last layers stand inside another layer' };
    const activated = output.filter(({ activation }) => isNonlinear(activation));
    const last = activated.at(-1);
    const fitting = fittingOutput(experiment);
    const constant = fitting === 'sigmoid' && isSoftmax(last?.activation);
    if (!constant && isFitting(experiment)) return { reason: 'the last activation fits the loss' };
    const target: LayerConfig | undefined = last ?? output[0];
    if (target === undefined) return { reason: 'the network has no dense layer' };
    return withLayers(
      experiment,
      layers.map((layer) => {
        if (layer === target) return { ...layer, activation: fitting };
        // Only one activation may stand at the output.
        return activated.includes(layer) ? { ...layer, activation: 'linear' } : layer;
      }),
    );
  },
});
