/** @file A last layer without activation, and the loss that takes what it gives. */
import { type Experiment, resolveLoss } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, isNonlinear, withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

type LossName = Extract<Experiment['training']['loss'], string>;

/** Losses on probabilities, and the same on logits. */
const onLogits: Readonly<Record<string, LossName>> = {
  categorical_cross_entropy: 'softmax_cross_entropy',
  binary_cross_entropy: 'sigmoid_cross_entropy',
  dice: 'sigmoid_dice',
  iou: 'sigmoid_iou',
};

/** The layers from the last product on, without their activations. */
function withoutActivation(layers: readonly LayerConfig[]): LayerConfig[] | null {
  const from = layers.findLastIndex(({ type }) => type === 'dense');
  const output = layers.slice(Math.max(0, from));
  if (from === -1 || everyLayer(output).length > output.length) return null;
  if (!output.some(({ activation }) => isNonlinear(activation))) return null;
  const linear = output.flatMap((layer) =>
    layer.type === 'activation'
      ? []
      : [isNonlinear(layer.activation) ? { ...layer, activation: 'linear' } : layer],
  );
  return [...layers.slice(0, from), ...linear];
}

export const useLinearOutput = defineRemedy({
  remedy: 'use_linear_output',
  title: 'End with a linear layer, and take the loss on logits',
  rationale:
    'A linear output reaches every value and passes every gradient on; one that is bounded, dead or saturated does not.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 6.2.2'],
  treats: [
    'loss_output_mismatch',
    'dead_units',
    'saturated_units',
    'vanishing_gradient',
    'unchanged_parameters',
    'unscaled_targets',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  change: (experiment) => {
    const { type, output, positive, parts } = resolveLoss(experiment);
    if (parts !== null) return { reason: 'the network has several outputs' };
    const { loss: given } = experiment.training;
    if (positive || (output === 'probabilities' && onLogits[type] === undefined))
      return { reason: `${type} takes no output of any size` };
    const layers = withoutActivation(experiment.network.layers);
    if (layers === null) return { reason: 'the output is linear already' };
    const changed = { ...experiment, network: { ...experiment.network, layers } };
    const loss = onLogits[type];
    if (loss === undefined) return { experiment: changed };
    // Its options are those of the other one.
    return withTraining(changed, {
      loss: typeof given === 'string' ? loss : ({ ...given, type: loss } as typeof given),
    });
  },
});
