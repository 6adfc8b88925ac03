/** @file ReLU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useRelu = defineRemedy({
  remedy: 'use_relu',
  title: 'Use ReLU in the hidden layers',
  rationale:
    'The slope of ReLU is 1 wherever a unit is active, so it does not shrink the gradient from layer to layer.',
  sources: ['Glorot et al. 2011, Deep sparse rectifier neural networks'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'saturated_units',
    'rank_collapse',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'activation',
  change: (experiment) => useActivation(experiment, 'relu'),
});
