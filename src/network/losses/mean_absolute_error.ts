/** @file Absolute error; its derivative at 0 is 0. */

import { calculus as c } from '../../graph/index.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const meanAbsoluteError = defineLoss({
  type: 'mean_absolute_error',
  title: 'Mean absolute error',
  synonyms: ['mae', 'l1', 'l1_loss'],
  formula: '|p − t|',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.1.2'],
  options: {},
  target: 'values',
  output: 'values',
  build: (g, prediction, target) => c.abs(g, c.sub(g, prediction, target)),
  slope: (prediction, target) => prediction.map((p, i) => Math.sign(p - (target[i] ?? 0))),
  constant: (column, weights) => smallestMean(column, weights, Math.abs),
  pytorch: () => 'nn.L1Loss()',
  keras: () => '"mean_absolute_error"',
});
