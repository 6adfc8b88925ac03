/** @file Larger batches. */
import { planExperiment } from '../../experiment/index.ts';
import type { Remedy } from '../remedy.ts';

export const increaseBatchSize: Remedy = {
  remedy: 'increase_batch_size',
  title: 'Take more samples into a batch',
  rationale:
    'The variance of a mean gradient falls with the number of samples: less chance, the same direction.',
  sources: ['McCandlish et al. 2018, arXiv:1812.06162'],
  treats: ['noisy_gradient', 'unstable_loss'],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the batch size', values: [4, 2, 8] },
  change: (experiment, factor) => {
    const { batch_size, training_samples, steps } = planExperiment(experiment);
    if (batch_size >= training_samples) return { reason: 'a batch holds all samples already' };
    const larger = Math.min(training_samples, Math.round(batch_size * factor));
    // Epochs would make fewer steps of larger batches.
    const { epochs: _epochs, ...training } = experiment.training;
    return { experiment: { ...experiment, training: { ...training, steps, batch_size: larger } } };
  },
};
