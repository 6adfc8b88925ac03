/** @file Samples in random order. */
import { defineRemedy } from '../remedy.ts';

export const shuffleData = defineRemedy({
  remedy: 'shuffle_data',
  title: 'Shuffle the samples',
  rationale:
    'A gradient is that of the whole only where a batch is drawn at random; sorted samples teach one class after another, ' +
    'and leave other ones for validation.',
  sources: ['Bottou 2012, Stochastic gradient descent tricks, section 4.1'],
  treats: [
    'unshuffled_data',
    'noisy_gradient',
    'overfitting',
    'underfitting',
    'slow_convergence',
    'unstable_loss',
    'loss_not_decreasing',
  ],
  effort: 'setting',
  change: (experiment) =>
    experiment.data.shuffle
      ? { reason: 'the samples are shuffled already' }
      : { experiment: { ...experiment, data: { ...experiment.data, shuffle: true } } },
});
