/** @file The initializer that fits each activation, and zero biases. */

import { type InitializerConfig, initializerKind, type LayerConfig } from '../../network/index.ts';
import {
  fittingInitializer,
  isAttention,
  isNonlinear,
  isNormalization,
  isProduct,
  isRecurrent,
  withLayers,
} from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** The activation that a dense layer feeds: its own, or that of the layer after it (past a normalization). */
function activationOf(layers: readonly LayerConfig[], index: number): unknown {
  const own = layers[index]?.activation;
  if (isNonlinear(own)) return own;
  const next = layers.slice(index + 1).find((layer) => !isNormalization(layer));
  return next?.type === 'activation' ? next.activation : 'linear';
}

const attentionInitializers = { kernel_initializer: 'glorot_uniform', bias_initializer: 'zeros' };
/** An orthogonal recurrent kernel hands the state, and its gradient, on without growing or shrinking it. */
const recurrentInitializers = { ...attentionInitializers, recurrent_initializer: 'orthogonal' };

/** Keras' default: small beside what is learned. */
const tables = { type: 'uniform', min: -0.05, max: 0.05 };

/** Kernels by which initializers are told apart. */
const SHAPES = [
  [64, 32],
  [32, 64],
] as const;

const ROUNDING = 1e-9;

/** Whether weights are drawn with the same mean and variance, as by He's normal and uniform: then nothing would change but chance. */
function isAlike(own: unknown, fitting: unknown): boolean {
  if (own === undefined) return false;
  return SHAPES.every(([fanIn, fanOut]) => {
    const [a, b] = [own, fitting].map((config) =>
      initializerKind.resolve(config as InitializerConfig).moments({ shape: [fanIn, fanOut], fanIn, fanOut }),
    );
    if (a == null || b == null) return false;
    return a.mean === b.mean && Math.abs(a.variance - b.variance) <= ROUNDING * b.variance;
  });
}

/** With those of its initializers exchanged that draw otherwise. */
const drawnBy = (layer: LayerConfig, fitting: Readonly<Record<string, unknown>>): LayerConfig => ({
  ...layer,
  ...Object.fromEntries(Object.entries(fitting).filter(([key, config]) => !isAlike(layer[key], config))),
});

/** The layer that a wrapper runs in both directions. */
const reinitialized = (layer: LayerConfig): LayerConfig =>
  typeof layer.layer === 'object'
    ? { ...layer, layer: drawnBy(layer.layer as LayerConfig, recurrentInitializers) }
    : drawnBy(layer, recurrentInitializers);

export const reinitializeWeights = defineRemedy({
  remedy: 'reinitialize_weights',
  title: 'Re-initialize every layer to fit its activation',
  rationale:
    'Kernels whose variance fits the activation keep signal and gradient on one scale through all layers, and orthogonal recurrent kernels through all time steps.',
  sources: [
    'Glorot & Bengio 2010',
    'He et al. 2015, arXiv:1502.01852',
    'Saxe et al. 2014, arXiv:1312.6120',
    'Lu et al. 2019, arXiv:1903.06733',
  ],
  treats: [
    'poor_initialization',
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'unchanged_parameters',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
    'unstable_loss',
    'sharpness',
    'update_ratio',
  ],
  effort: 'initializer',
  change: (experiment) => {
    const fitLayers = (layers: readonly LayerConfig[]): LayerConfig[] =>
      layers.map((layer, index) => {
        if (layer.layers !== undefined) return { ...layer, layers: fitLayers(layer.layers) };
        if (isRecurrent(layer)) return reinitialized(layer);
        if (isAttention(layer)) return drawnBy(layer, attentionInitializers);
        if ('table_initializer' in layer) return drawnBy(layer, { table_initializer: tables });
        if (!isProduct(layer)) return layer;
        const kernel = fittingInitializer(activationOf(layers, index));
        return drawnBy(layer, { kernel_initializer: kernel, bias_initializer: 'zeros' });
      });
    // Weights that were given would take the place of the new ones.
    const drawn = { ...experiment, training: { ...experiment.training, initial_weights: null } };
    return withLayers(drawn, fitLayers(experiment.network.layers));
  },
});
