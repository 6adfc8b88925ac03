/** @file A learned scale of every feature, small at first. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { shiftedAndScaled } from '../propagation/scale.ts';
import { alongFeatures, defineLayer, features } from './layer.ts';

export const layerScale = defineLayer({
  type: 'layer_scale',
  family: 'elementwise',
  title: 'Layer scale',
  formula: 'y = γ x; gamma [features], initial_value at first',
  sources: ['Touvron et al. 2021, arXiv:2103.17239'],
  options: {
    initial_value: z.number().min(-1e6).max(1e6).default(1e-6).describe('Of every element of gamma'),
  },
  mask: 'passed',
  build(context, x, { initial_value }) {
    const { g } = context;
    const count = features(x);
    const gamma = context.parameter('gamma', [count], {
      fanIn: count,
      fanOut: count,
      initializer: { type: 'constant', value: initial_value },
    });
    return c.mul(g, x, c.reshape(g, gamma, alongFeatures(x)));
  },
  theory: (input, _surroundings, { initial_value }) => shiftedAndScaled(input, initial_value, 0),
  code({ initial_value }, { features: count, inputShape }) {
    const axes = inputShape.length === 3 ? ', 1, 1' : '';
    return {
      pytorch: [`LayerScale((${count},${axes.slice(1)}), ${initial_value})`],
      keras: [`LayerScale((${count},${axes.slice(1)}), ${initial_value})`],
    };
  },
});
