/** @file The last activation that the loss is made for. */
import { type Experiment, lossMismatch, planExperiment, resolveLoss } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { isNonlinear, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isSoftmax = (activation: unknown): boolean =>
  activation === 'softmax' || (activation as { type?: string } | undefined)?.type === 'softmax';

/** The softmax of a single output is 1, whatever comes in. */
function fittingOutput(experiment: Experiment): string {
  const loss = resolveLoss(experiment);
  if (loss.output !== 'probabilities') return 'linear';
  const one = planExperiment(experiment).output_shape.at(-1) === 1;
  return loss.target === 'classes' && !one ? 'softmax' : 'sigmoid';
}

export const matchLossToOutput = defineRemedy({
  remedy: 'match_loss_to_output',
  title: 'End with the activation that the loss takes',
  rationale:
    'Losses on logits and on values take a linear output; losses on probabilities take softmax or sigmoid.',
  sources: ['UMLAUT (CHI 2021)', 'Goodfellow et al. 2016, Deep Learning, section 6.2.2'],
  treats: ['loss_output_mismatch', 'underfitting'],
  effort: 'setting',
  change: (experiment) => {
    const { layers } = experiment.network;
    const from = layers.findLastIndex(({ type }) => type === 'dense');
    const output = layers.slice(Math.max(0, from));
    if (output.some((layer) => layer.layers !== undefined))
      return { reason: 'the last layers stand inside another layer' };
    const at = output.findLastIndex(({ activation }) => isNonlinear(activation));
    const last = output[at];
    const fitting = fittingOutput(experiment);
    const constant = fitting === 'sigmoid' && isSoftmax(last?.activation);
    const everywhere = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
    if (!constant && lossMismatch(experiment, everywhere) === null)
      return { reason: 'the last activation fits the loss' };
    const target: LayerConfig | undefined = last ?? output[0];
    if (target === undefined) return { reason: 'the network has no dense layer' };
    return withLayers(
      experiment,
      layers.map((layer) => (layer === target ? { ...layer, activation: fitting } : layer)),
    );
  },
});
