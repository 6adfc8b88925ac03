/** @file The last activation that the loss is made for. */
import { lossMismatch, resolveLoss } from '../../experiment/index.ts';
import { withLayers } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const matchLossToOutput: Remedy = {
  remedy: 'match_loss_to_output',
  title: 'End with the activation that the loss takes',
  rationale:
    'Losses on logits and on values take a linear output; losses on probabilities take softmax or sigmoid.',
  sources: ['UMLAUT (CHI 2021)', 'Goodfellow et al. 2016, Deep Learning, section 6.2.2'],
  treats: ['loss_output_mismatch'],
  effort: 'setting',
  change: (experiment) => {
    const loss = resolveLoss(experiment);
    const everywhere = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
    if (lossMismatch(experiment, everywhere) === null) return { reason: 'the last activation fits the loss' };
    const fitting =
      loss.output !== 'probabilities' ? 'linear' : loss.target === 'classes' ? 'softmax' : 'sigmoid';
    const { layers } = experiment.network;
    const last = layers.at(-1);
    if (last?.activation === undefined) return { reason: 'the last layer has no activation of its own' };
    return withLayers(experiment, [...layers.slice(0, -1), { ...last, activation: fitting }]);
  },
};
