/** @file Batch normalization before every hidden activation. */
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, insertNormalization, isAttention, isRecurrent } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const addBatchNorm = defineRemedy({
  remedy: 'add_batch_norm',
  title: 'Add batch normalization before every hidden activation',
  rationale:
    'Each unit gets inputs of mean 0 and variance 1 over the batch, where activations have their slope.',
  sources: ['Ioffe & Szegedy 2015, arXiv:1502.03167'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'poor_initialization',
    'rank_collapse',
    'unscaled_inputs',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'architecture',
  change(experiment) {
    if (experiment.training.batch_size < 2) return { reason: 'a batch of one sample has no variance' };
    const inTime = (layer: LayerConfig) => isRecurrent(layer) || isAttention(layer);
    if (everyLayer(experiment.network.layers).some(inTime)) {
      return {
        reason:
          'statistics of a batch mix time steps: recurrent and attention layers take layer normalization',
      };
    }
    // With 0.99, Keras’ default, the running averages would still hold the initial values after a short training.
    return insertNormalization(experiment, { type: 'batch_norm', momentum: 0.9, epsilon: 1e-3 });
  },
});
