/** @file The activation shaped for the depth of the network, by theory. */
import { planExperiment } from '../../experiment/index.ts';
import type { ActivationConfig } from '../../network/index.ts';
import { tailorActivation as tailor } from '../../preflight/index.ts';
import {
  changeActivation,
  everyLayer,
  isNonlinear,
  isNormalization,
  isProduct,
  isRecurrent,
} from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

export const tailorActivation = defineRemedy({
  remedy: 'tailor_activation',
  title: 'Tailor the activation to the depth',
  rationale:
    'Shifted and scaled so that lengths and angles of inputs survive all layers, a plain network trains at any depth, without ' +
    'normalization or residual connections.',
  sources: ['Martens et al. 2021, arXiv:2110.01765', 'Zhang et al. 2022, arXiv:2203.08120'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'dead_units',
    'saturated_units',
    'rank_collapse',
    'poor_initialization',
    'unchanged_parameters',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'activation',
  change: (experiment) => {
    const layers = everyLayer(experiment.network.layers);
    if (layers.some((layer) => isRecurrent(layer) || layer.type === 'residual' || isNormalization(layer)))
      return {
        reason: 'the theory is that of plain networks: without loops, residual connections and normalization',
      };
    const hidden = layers.filter((layer) => !isProduct(layer) || layer !== layers.at(-1));
    const activation = hidden.find((layer) => isNonlinear(layer.activation))?.activation ?? 'relu';
    const depth = planExperiment(experiment).layers.filter(({ parameters }) => parameters > 0).length - 1;
    const tailored = tailor(activation as ActivationConfig, depth);
    if ('reason' in tailored) return tailored;
    const changed = changeActivation(experiment, tailored.activation, tailored.initializer);
    if ('reason' in changed) return changed;
    return {
      experiment: {
        ...changed.experiment,
        training: { ...changed.experiment.training, initial_weights: null },
      },
    };
  },
});
