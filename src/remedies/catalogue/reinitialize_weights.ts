/** @file The initializer that fits each activation, and zero biases. */

import type { LayerConfig } from '../../network/index.ts';
import { fittingInitializer, isNonlinear, withLayers } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

/** The activation that a dense layer feeds: its own, or that of the layer after it (past a normalization). */
function activationOf(layers: readonly LayerConfig[], index: number): unknown {
  const own = layers[index]?.activation;
  if (isNonlinear(own)) return own;
  const next = layers.slice(index + 1).find(({ type }) => !type.endsWith('_norm'));
  return next?.type === 'activation' ? next.activation : 'linear';
}

export const reinitializeWeights: Remedy = {
  remedy: 'reinitialize_weights',
  title: 'Re-initialize every layer to fit its activation',
  rationale:
    'Kernels whose variance fits the activation keep signal and gradient on one scale through all layers.',
  sources: ['Glorot & Bengio 2010', 'He et al. 2015, arXiv:1502.01852', 'Lu et al. 2019, arXiv:1903.06733'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'loss_not_decreasing',
  ],
  effort: 'initializer',
  change: (experiment) => {
    const fitLayers = (layers: readonly LayerConfig[]): LayerConfig[] =>
      layers.map((layer, index) => {
        if (layer.type !== 'dense')
          return layer.layers === undefined ? layer : { ...layer, layers: fitLayers(layer.layers) };
        const kernel = fittingInitializer(activationOf(layers, index));
        return { ...layer, kernel_initializer: kernel, bias_initializer: 'zeros' };
      });
    return withLayers(experiment, fitLayers(experiment.network.layers));
  },
};
