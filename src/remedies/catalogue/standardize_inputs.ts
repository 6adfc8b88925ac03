/** @file Inputs with mean 0 and deviation 1. */
import { inputsOf } from '../../experiment/index.ts';
import { defineRemedy } from '../remedy.ts';

export const standardizeInputs = defineRemedy({
  remedy: 'standardize_inputs',
  title: 'Standardize the inputs',
  rationale:
    'Each feature gets mean 0 and standard deviation 1 on the training split: what initializers are made for.',
  sources: ['LeCun et al. 1998, Efficient BackProp, section 4.3'],
  treats: [
    'unscaled_inputs',
    'exploding_gradient',
    'non_finite_values',
    'saturated_units',
    'loss_not_decreasing',
    'dead_units',
    'rank_collapse',
    'unstable_loss',
    'sharpness',
    'slow_convergence',
    'underfitting',
    'poor_initialization',
  ],
  effort: 'setting',
  change: (experiment) => {
    if (inputsOf(experiment).every(({ dtype }) => dtype === 'token'))
      return { reason: 'the inputs are tokens' };
    if (experiment.data.standardize) return { reason: 'the inputs are standardized already' };
    // What is standardized needs no scale of the network's own.
    const { layers } = experiment.network;
    const scaled = layers.findIndex(({ type }) => type !== 'rescaling');
    const network = { ...experiment.network, layers: layers.slice(Math.max(0, scaled)) };
    return { experiment: { ...experiment, network, data: { ...experiment.data, standardize: true } } };
  },
});
