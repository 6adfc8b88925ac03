/** @file Layer normalization before every hidden activation and attention, and after every recurrent layer. */
import { insertNormalization } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const addLayerNorm = defineRemedy({
  remedy: 'add_layer_norm',
  title: 'Add layer normalization before every hidden activation',
  rationale: 'Each sample gets mean 0 and variance 1 over the units, whatever the batch.',
  sources: ['Ba et al. 2016, arXiv:1607.06450'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'poor_initialization',
    'rank_collapse',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'architecture',
  change: (experiment) => insertNormalization(experiment, { type: 'layer_norm', epsilon: 1e-3 }),
});
