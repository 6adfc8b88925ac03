/** @file Batch normalization before every hidden activation. */
import { insertNormalization } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const addBatchNorm: Remedy = {
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
    'loss_not_decreasing',
  ],
  effort: 'architecture',
  change: (experiment) =>
    experiment.training.batch_size < 2
      ? { reason: 'a batch of one sample has no variance' }
      : // Of 0.99, Keras’ default, the running averages would still hold the initial values after a short training.
        insertNormalization(experiment, { type: 'batch_norm', momentum: 0.9, epsilon: 1e-3 }),
};
