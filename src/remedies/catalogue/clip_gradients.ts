/** @file Gradients clipped by their global norm. */
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const clipGradients = defineRemedy({
  remedy: 'clip_gradients',
  title: 'Clip the gradients by their global norm',
  rationale: 'A limit on the joint norm keeps a single huge gradient from replacing the weights.',
  sources: ['Pascanu et al. 2013, arXiv:1211.5063'],
  treats: ['exploding_gradient', 'non_finite_values', 'unstable_loss', 'loss_not_decreasing'],
  effort: 'setting',
  dose: { name: 'max_norm', unit: 'L2 norm of all gradients', values: [1, 0.1, 10] },
  change: (experiment, max_norm) =>
    experiment.training.gradient_clipping === null
      ? withTraining(experiment, { gradient_clipping: { type: 'global_norm', max_norm } })
      : { reason: 'gradients are clipped already' },
});
