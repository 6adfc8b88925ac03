/** @file No normalization. */
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, isNormalization, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** A branch that holds nothing else keeps it: without any layer it would be none. */
const without = (layers: readonly LayerConfig[]): LayerConfig[] => {
  const rest = layers.filter((layer) => !isNormalization(layer));
  return (rest.length === 0 ? layers : rest).map((layer) =>
    layer.layers === undefined ? layer : { ...layer, layers: without(layer.layers) },
  );
};

export const removeNormalization = defineRemedy({
  remedy: 'remove_normalization',
  title: 'Remove the normalization',
  rationale:
    'Of one number normalization leaves 0, of two only which is larger. Where there is so little to normalize, it hides what is to be learned.',
  sources: [
    'Wu & He 2018, arXiv:1803.08494',
    'Zhang et al. 2019, arXiv:1901.09321: training without normalization',
  ],
  treats: ['degenerate_normalization', 'inference_mismatch'],
  effort: 'architecture',
  change: (experiment) =>
    everyLayer(experiment.network.layers).some(isNormalization)
      ? withLayers(experiment, without(experiment.network.layers))
      : { reason: 'the network has no normalization' },
});
