/** @file Parametric ReLU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const usePrelu = defineRemedy({
  remedy: 'use_prelu',
  title: 'Use Parametric ReLU in the hidden layers',
  rationale: 'Like Leaky ReLU with a slope that is learned, one per unit.',
  sources: ['He et al. 2015, arXiv:1502.01852'],
  treats: [
    'vanishing_gradient',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'activation',
  change: (experiment) => useActivation(experiment, { type: 'prelu', initial_slope: 0.25 }),
});
