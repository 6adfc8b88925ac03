/** @file An L1 penalty. */
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const addL1Regularization = defineRemedy({
  remedy: 'add_l1_regularization',
  title: 'Add L1 regularization',
  rationale: 'The penalty draws every weight towards 0 by a constant force, against weights that grow.',
  sources: ['Tibshirani 1996', 'Pascanu et al. 2013, arXiv:1211.5063, section 3.1'],
  treats: ['exploding_gradient', 'non_finite_values', 'overfitting'],
  effort: 'setting',
  dose: { name: 'l1', unit: 'factor of Σ|w|', values: [1e-3, 1e-2, 3e-2, 1e-4] },
  change: (experiment, l1) => {
    const { regularization } = experiment.training;
    if (regularization.l1 > 0) return { reason: 'there is an L1 penalty already' };
    return withTraining(experiment, { regularization: { ...regularization, l1 } });
  },
});
