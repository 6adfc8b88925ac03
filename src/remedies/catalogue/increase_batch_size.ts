/** @file Larger batches. */
import { planExperiment, withLength } from '../../experiment/index.ts';
import { defineRemedy } from '../remedy.ts';

/** From this factor on the samples seen stay as many, and the steps become fewer: otherwise few could afford it. */
const SAME_SAMPLES = 16;

export const increaseBatchSize = defineRemedy({
  remedy: 'increase_batch_size',
  title: 'Take more samples into a batch',
  rationale:
    'The variance of a mean gradient falls with the number of samples: less chance, the same direction.',
  sources: ['McCandlish et al. 2018, arXiv:1812.06162'],
  treats: ['noisy_gradient', 'degenerate_normalization', 'unstable_loss', 'inference_mismatch'],
  effort: 'setting',
  dose: {
    name: 'factor',
    unit: `times the batch size; from ${SAME_SAMPLES} on with as many samples seen in all`,
    values: [4, 2, 8, 16, 64],
  },
  change: (experiment, factor) => {
    const { batch_size, training_samples, steps } = planExperiment(experiment);
    if (batch_size >= training_samples) return { reason: 'a batch holds all samples already' };
    const larger = Math.min(training_samples, Math.round(batch_size * factor));
    const fewer = Math.max(1, Math.round((steps * batch_size) / larger));
    const length = { steps: factor < SAME_SAMPLES ? steps : fewer, batch_size: larger };
    return { experiment: withLength(experiment, length) };
  },
});
