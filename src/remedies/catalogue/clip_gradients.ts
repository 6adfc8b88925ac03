/** @file Gradients clipped by their global norm. */
import { withTraining } from '../edit.ts';
import type { Remedy } from '../remedy.ts';

export const clipGradients: Remedy = {
  remedy: 'clip_gradients',
  title: 'Clip the gradients by their global norm',
  rationale: 'A limit on the joint norm keeps a single huge gradient from replacing the weights.',
  sources: ['Pascanu et al. 2013, arXiv:1211.5063'],
  treats: ['exploding_gradient', 'non_finite_values'],
  effort: 'setting',
  change: (experiment) =>
    experiment.training.gradient_clipping === null
      ? withTraining(experiment, { gradient_clipping: { type: 'global_norm', max_norm: 1 } })
      : { reason: 'gradients are clipped already' },
};
