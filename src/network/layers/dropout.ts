/** @file Dropout. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';

export const dropout = defineLayer({
  type: 'dropout',
  title: 'Dropout',
  formula: 'y = x/(1 − rate) with probability 1 − rate, else 0, per element; in inference y = x',
  sources: ['Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting'],
  options: { rate: z.number().min(0).max(0.99).describe('Fraction of the elements that is dropped') },
  build({ g, mode, noise }, x, { rate }) {
    if (mode === 'inference' || rate === 0) return x;
    const dropped = c.less(g, noise('uniform', x.shape), g.constant(rate));
    return c.where(g, dropped, g.constant(0), c.mul(g, x, g.constant(1 / (1 - rate))));
  },
  code: ({ rate }) => ({ pytorch: [`nn.Dropout(${rate})`], keras: [`layers.Dropout(${rate})`] }),
});
