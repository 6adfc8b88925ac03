/** @file Layer normalization instead of batch normalization. */
import { type Experiment, isDegenerate, normalizationsOf } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Batch normalizations whose samples have features enough to be normalized by themselves. */
function replaceable(experiment: Experiment): ReadonlySet<string> {
  const inItsPlace = normalizationsOf(experiment, 'layer_norm').filter((norm) => !isDegenerate(norm));
  const places = new Set(inItsPlace.map(({ pointer }) => pointer));
  const all = normalizationsOf(experiment).filter(({ type }) => type === 'batch_norm');
  return new Set(all.flatMap(({ pointer }) => (places.has(pointer) ? [pointer] : [])));
}

/** Its name and its inputs stay. */
function replaced({ momentum: _momentum, ...rest }: LayerConfig): LayerConfig {
  return { ...rest, type: 'layer_norm', epsilon: 1e-3 };
}

const replace = (layers: readonly LayerConfig[], places: ReadonlySet<string>, list: string): LayerConfig[] =>
  layers.map((layer, i) => {
    if (places.has(`${list}/${i}`)) return replaced(layer);
    return layer.layers === undefined
      ? layer
      : { ...layer, layers: replace(layer.layers, places, `${list}/${i}/layers`) };
  });

export const useLayerNorm = defineRemedy({
  remedy: 'use_layer_norm',
  title: 'Use layer normalization instead of batch normalization',
  rationale:
    'Statistics of few samples are mostly chance, and running averages of them another network. Those over the units of one sample need ' +
    'no batch, and are the same in training and in inference.',
  sources: ['Ba et al. 2016, arXiv:1607.06450', 'Wu & He 2018, arXiv:1803.08494'],
  treats: ['degenerate_normalization', 'inference_mismatch', 'noisy_gradient', 'unstable_loss'],
  effort: 'architecture',
  change: (experiment) => {
    const places = replaceable(experiment);
    return places.size === 0
      ? { reason: 'the network has no batch normalization of three features or more' }
      : withLayers(experiment, replace(experiment.network.layers, places, '/network/layers'));
  },
});
