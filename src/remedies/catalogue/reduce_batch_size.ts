/** @file Smaller batches. */
import { planExperiment, withLength } from '../../experiment/index.ts';
import { defineRemedy } from '../remedy.ts';

/** Smaller batches gain nothing: Masters & Luschi 2018 find the best results between 2 and 32 samples, with batch norm at 4 or 8. */
const LEAST = 8;

export const reduceBatchSize = defineRemedy({
  remedy: 'reduce_batch_size',
  title: 'Take fewer samples into a batch, and more steps',
  rationale:
    'As many samples seen in smaller batches are more steps: what large batches do not learn in a few epochs, small ones do.',
  sources: ['Keskar et al. 2017, arXiv:1609.04836', 'Masters & Luschi 2018, arXiv:1804.07612'],
  treats: ['slow_convergence', 'underfitting', 'loss_not_decreasing', 'overfitting'],
  effort: 'setting',
  dose: { name: 'factor', unit: 'times the batch size; as many samples seen in all', values: [0.125, 0.5] },
  change: (experiment, factor) => {
    const { batch_size, steps } = planExperiment(experiment);
    if (batch_size <= LEAST) return { reason: `a batch holds no more than ${LEAST} samples` };
    const smaller = Math.max(LEAST, Math.round(batch_size * factor));
    const length = { steps: Math.round((steps * batch_size) / smaller), batch_size: smaller };
    return { experiment: withLength(experiment, length) };
  },
});
