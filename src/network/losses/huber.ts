/** @file Quadratic near 0, linear beyond delta. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const huber = defineLoss({
  type: 'huber',
  title: 'Huber',
  synonyms: ['smooth_l1', 'smooth_l1_loss', 'huber_loss'],
  formula: '|e| ≤ delta ? e² / 2 : delta |e| − delta² / 2, e = p − t',
  sources: ['Huber 1964, Robust estimation of a location parameter'],
  options: { delta: z.number().gt(0).max(1e6).default(1).describe('Error beyond which the loss is linear') },
  target: 'values',
  output: 'values',
  build: (g, prediction, target, { delta }) => {
    const error = c.sub(g, prediction, target);
    const size = c.abs(g, error);
    const quadratic = c.mul(g, g.constant(0.5), c.mul(g, error, error));
    const linear = c.sub(g, c.mul(g, g.constant(delta), size), g.constant(0.5 * delta * delta));
    return c.where(g, c.lessOrEqual(g, size, g.constant(delta)), quadratic, linear);
  },
  slope: (prediction, target, { delta }) =>
    prediction.map((p, i) => Math.min(Math.max(p - (target[i] ?? 0), -delta), delta)),
  constant: (column, weights, { delta }) =>
    smallestMean(column, weights, (error) => {
      const size = Math.abs(error);
      return size <= delta ? 0.5 * size * size : delta * size - 0.5 * delta * delta;
    }),
  pytorch: ({ delta }) => `nn.HuberLoss(delta=${delta})`,
  keras: ({ delta }) => `keras.losses.Huber(delta=${delta})`,
});
