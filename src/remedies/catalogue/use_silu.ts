/** @file SiLU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useSilu = defineRemedy({
  remedy: 'use_silu',
  title: 'Use SiLU in the hidden layers',
  rationale: 'Smooth, unbounded above, and with a gradient on the left: x · σ(x).',
  sources: ['Ramachandran et al. 2017, arXiv:1710.05941', 'Elfwing et al. 2018, arXiv:1702.03118'],
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
  change: (experiment) => useActivation(experiment, 'silu', 'he_normal'),
});
