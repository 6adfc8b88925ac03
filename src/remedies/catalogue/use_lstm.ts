/** @file LSTM instead of plain recurrent layers. */
import { changeRecurrent } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const useLstm = defineRemedy({
  remedy: 'use_lstm',
  title: 'Use LSTM instead of plain recurrent layers',
  rationale:
    'The cell hands its state on by a sum that a gate keeps near 1, so that the gradient survives many time steps.',
  sources: ['Hochreiter & Schmidhuber 1997', 'Gers et al. 2000, Learning to forget'],
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
  change: (experiment) => changeRecurrent(experiment, ['simple_rnn'], 'lstm'),
});
