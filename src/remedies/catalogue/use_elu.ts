/** @file ELU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useElu = defineRemedy({
  remedy: 'use_elu',
  title: 'Use ELU in the hidden layers',
  rationale:
    'Slope 1 on the right, a bounded left side that keeps a gradient, and outputs with a mean near 0.',
  sources: ['Clevert et al. 2016, arXiv:1511.07289'],
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
  change: (experiment) => useActivation(experiment, { type: 'elu', alpha: 1 }),
});
