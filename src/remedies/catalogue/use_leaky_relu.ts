/** @file Leaky ReLU in the hidden layers. */
import { useActivation } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useLeakyRelu = defineRemedy({
  remedy: 'use_leaky_relu',
  title: 'Use Leaky ReLU in the hidden layers',
  rationale: 'Like ReLU, but a small slope on the left lets a gradient through to units that would be dead.',
  sources: ['Maas et al. 2013'],
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
  dose: { name: 'negative_slope', unit: 'slope for x < 0', values: [0.01, 0.1, 0.3] },
  change: (experiment, negative_slope) => useActivation(experiment, { type: 'leaky_relu', negative_slope }),
});
