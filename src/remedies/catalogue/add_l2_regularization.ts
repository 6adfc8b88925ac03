/** @file An L2 penalty. */
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const addL2Regularization = defineRemedy({
  remedy: 'add_l2_regularization',
  title: 'Add L2 regularization',
  rationale: 'The penalty draws every weight towards 0 in proportion to its size, against weights that grow.',
  sources: ['Krogh & Hertz 1992', 'Pascanu et al. 2013, arXiv:1211.5063, section 3.1'],
  treats: ['exploding_gradient', 'non_finite_values', 'overfitting'],
  effort: 'setting',
  dose: { name: 'l2', unit: 'factor of Σw²', values: [1e-3, 1e-2, 1e-1, 3e-2, 1e-4] },
  change: (experiment, l2) => {
    const { regularization } = experiment.training;
    if (regularization.l2 > 0) return { reason: 'there is an L2 penalty already' };
    return withTraining(experiment, { regularization: { ...regularization, l2 } });
  },
});
