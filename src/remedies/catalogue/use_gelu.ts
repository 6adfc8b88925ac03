/** @file GELU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useGelu = defineRemedy({
  remedy: 'use_gelu',
  title: 'Use GELU in the hidden layers',
  rationale: 'A smooth rectifier: slope near 1 on the right, and a gradient also for small negative inputs.',
  sources: ['Hendrycks & Gimpel 2016, arXiv:1606.08415'],
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
  change: (experiment) => useActivation(experiment, { type: 'gelu', approximate: false }),
});
