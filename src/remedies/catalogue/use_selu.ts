/** @file SELU with its initializer in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useSelu = defineRemedy({
  remedy: 'use_selu',
  title: 'Use SELU with lecun_normal kernels in the hidden layers',
  rationale: 'With lecun_normal kernels, the outputs of SELU tend to mean 0 and variance 1 in every layer.',
  sources: ['Klambauer et al. 2017, arXiv:1706.02515'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'activation',
  change: (experiment) => useActivation(experiment, 'selu', 'lecun_normal'),
});
