/** @file Layer normalization. */

import { calculus as c } from '../../graph/index.ts';
import { perSample } from '../propagation/normalize.ts';
import { alongFeatures, defineLayer, epsilonOption, features, sampleAxes } from './layer.ts';

export const layerNorm = defineLayer({
  type: 'layer_norm',
  family: 'normalization',
  title: 'Layer normalization',
  synonyms: ['layer_normalization'],
  formula:
    'y = γ (x − μ)/√(σ² + ε) + β with μ, σ² (biased) over the features of each sample (each time step; channels, ' +
    'height and width of images); gamma, beta [features]',
  sources: ['Ba et al. 2016, arXiv:1607.06450'],
  options: { epsilon: epsilonOption },
  mask: 'passed',
  build(context, x, { epsilon }) {
    const { g } = context;
    const shape = [features(x)];
    const wide = alongFeatures(x);
    const fans = { fanIn: features(x), fanOut: features(x) };
    const gamma = c.reshape(g, context.parameter('gamma', shape, { ...fans, initializer: 'ones' }), wide);
    const beta = c.reshape(g, context.parameter('beta', shape, { ...fans, initializer: 'zeros' }), wide);
    const deviation = c.sub(g, x, c.reduceMean(g, x, sampleAxes(x), true));
    const variance = c.reduceMean(g, c.mul(g, deviation, deviation), sampleAxes(x), true);
    const normalized = c.div(g, deviation, c.sqrt(g, c.add(g, variance, g.constant(epsilon))));
    return c.add(g, c.mul(g, normalized, gamma), beta);
  },
  // The gradient loses two directions: that of the mean, and that of the values.
  theory: (input, _surroundings, { epsilon }) => perSample(input, epsilon, input.mean, 2),
  // For images it runs over channels, height and width with a scale per channel: what both libraries call one group.
  code: ({ epsilon }, { features: count, inputShape }) =>
    inputShape.length === 3
      ? {
          pytorch: [`nn.GroupNorm(1, ${count}, eps=${epsilon})`],
          keras: [`layers.GroupNormalization(1, axis=1, epsilon=${epsilon})`],
        }
      : {
          pytorch: [`nn.LayerNorm(${count}, eps=${epsilon})`],
          keras: [`layers.LayerNormalization(epsilon=${epsilon})`],
        },
});
