/** @file GRU instead of plain recurrent layers. */
import { changeRecurrent } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useGru = defineRemedy({
  remedy: 'use_gru',
  title: 'Use GRU instead of plain recurrent layers',
  rationale:
    'The update gate mixes the old state in as it was, so that the gradient survives many time steps; with fewer ' +
    'parameters than an LSTM.',
  sources: ['Cho et al. 2014, arXiv:1406.1078'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
    'unchanged_parameters',
  ],
  effort: 'architecture',
  change: (experiment) => changeRecurrent(experiment, ['simple_rnn'], 'gru'),
});
