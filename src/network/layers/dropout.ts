/** @file Dropout. */

import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { pairwise, product, scaled } from '../propagation/signal.ts';
import { defineLayer } from './layer.ts';

export const dropout = defineLayer({
  type: 'dropout',
  family: 'noise',
  title: 'Dropout',
  formula: 'y = x/(1 − rate) with probability 1 − rate, else 0, per element; in inference y = x',
  sources: ['Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting'],
  options: { rate: z.number().min(0).max(0.99).describe('Fraction of the elements that is dropped') },
  build({ g, mode, noise }, x, { rate }) {
    if (mode === 'inference' || rate === 0) return x;
    const dropped = c.less(g, noise('uniform', x.shape), g.constant(rate));
    return c.where(g, dropped, g.constant(0), c.mul(g, x, g.constant(1 / (1 - rate))));
  },
  // Only a sample's own moment grows (Schoenholz et al. 2017, arXiv:1611.01232, section 4).
  theory(input, _surroundings, { rate }) {
    const factors = pairwise(input.samples, (a, b) => (a === b ? 1 / (1 - rate) : 1));
    return {
      preactivation: { ...input, gram: product(input.gram, factors) },
      backward: ({ covariance, radial }) => ({
        covariance: product(covariance, factors),
        radial: scaled(radial, 1 / (1 - rate)),
      }),
      activation: null,
    };
  },
  code: ({ rate }) => ({ pytorch: [`nn.Dropout(${rate})`], keras: [`layers.Dropout(${rate})`] }),
});
