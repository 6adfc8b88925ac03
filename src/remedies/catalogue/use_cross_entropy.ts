/** @file The cross-entropy for targets that are answers of yes or no. */
import { describeData, resolveLoss } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Each output of the last dense layer as an independent probability, and nothing behind it that would change it. */
function withSigmoid(layers: readonly LayerConfig[]): LayerConfig[] | null {
  const at = layers.findLastIndex(({ type }) => type === 'dense');
  const last = layers[at];
  const behind = layers.slice(at + 1);
  if (last === undefined || behind.some(({ type }) => type !== 'activation')) return null;
  return [...layers.slice(0, at), { ...last, activation: 'sigmoid' }];
}

export const useCrossEntropy = defineRemedy({
  remedy: 'use_cross_entropy',
  title: 'End with sigmoid, and take the cross-entropy',
  rationale:
    'A loss on numbers stands still where a sigmoid is sure and wrong, and softmax cannot answer yes to two questions: the cross-entropy ' +
    'of every output by itself has a gradient of prediction − target wherever it stands.',
  sources: ['Goodfellow et al. 2016, Deep Learning, section 6.2.2.2', 'Bishop 1995, section 6.7'],
  treats: ['loss_output_mismatch'],
  effort: 'setting',
  change: (experiment) => {
    if (resolveLoss(experiment).target !== 'values') return { reason: 'the loss is not one on values' };
    if (!describeData(experiment.data).binary)
      return { reason: 'there are targets that are not between 0 and 1' };
    const layers = withSigmoid(experiment.network.layers);
    if (layers === null) return { reason: 'the output is not that of a dense layer' };
    const data = { ...experiment.data, standardize_targets: false };
    const network = { ...experiment.network, layers };
    return withTraining({ ...experiment, data, network }, { loss: 'binary_cross_entropy' });
  },
});
