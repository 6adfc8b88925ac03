/** @file Layer normalization instead of batch normalization. */
import { everyLayer, mapLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useLayerNorm = defineRemedy({
  remedy: 'use_layer_norm',
  title: 'Use layer normalization instead of batch normalization',
  rationale:
    'Statistics of few samples are mostly chance, and running averages of them another network. Those over the units of one sample need ' +
    'no batch, and are the same in training and in inference.',
  sources: ['Ba et al. 2016, arXiv:1607.06450', 'Wu & He 2018, arXiv:1803.08494'],
  treats: ['degenerate_normalization', 'inference_mismatch', 'noisy_gradient', 'unstable_loss'],
  effort: 'architecture',
  change: (experiment) =>
    everyLayer(experiment.network.layers).some(({ type }) => type === 'batch_norm')
      ? mapLayers(experiment, (layer) =>
          layer.type === 'batch_norm' ? { type: 'layer_norm', epsilon: 1e-3 } : layer,
        )
      : { reason: 'the network has no batch normalization' },
});
