/** @file Squared error. */

import { calculus as c } from '../../graph/index.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const meanSquaredError = defineLoss({
  type: 'mean_squared_error',
  title: 'Mean squared error',
  synonyms: ['mse', 'l2', 'l2_loss', 'mse_loss'],
  formula: '(p − t)²',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.1.2'],
  options: {},
  target: 'values',
  output: 'values',
  build: (g, prediction, target) => {
    const error = c.sub(g, prediction, target);
    return c.mul(g, error, error);
  },
  slope: (prediction, target) => prediction.map((p, i) => 2 * (p - (target[i] ?? 0))),
  constant: (column, weights) => smallestMean(column, weights, (error) => error * error),
  pytorch: () => 'nn.MSELoss()',
  keras: () => '"mean_squared_error"',
});
