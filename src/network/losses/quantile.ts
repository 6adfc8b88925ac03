/** @file The loss whose best constant is a quantile: errors below and above the prediction count differently. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const quantile = defineLoss({
  type: 'quantile',
  title: 'Quantile (pinball)',
  synonyms: ['pinball', 'pinball_loss', 'quantile_loss', 'quantile_regression'],
  formula: 'e ≥ 0 ? quantile e : (quantile − 1) e, e = t − p; its slope at e = 0 is 0',
  sources: ['Koenker & Bassett 1978, Regression quantiles'],
  options: {
    quantile: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.5)
      .describe('Share of the targets that lies below the best prediction'),
  },
  target: 'values',
  output: 'values',
  build(g, prediction, target, { quantile: share }) {
    const error = c.sub(g, target, prediction);
    const above = c.mul(g, g.constant(share), c.relu(g, error));
    return c.add(g, above, c.mul(g, g.constant(1 - share), c.relu(g, c.neg(g, error))));
  },
  slope: (prediction, target, { quantile: share }) =>
    prediction.map((p, i) => {
      const error = (target[i] ?? 0) - p;
      if (error === 0) return 0;
      return error > 0 ? -share : 1 - share;
    }),
  constant: (column, weights, { quantile: share }) =>
    smallestMean(column, weights, (error) => (error > 0 ? (1 - share) * error : -share * error)),
  pytorch: ({ quantile: share }) =>
    `lambda p, t: torch.maximum(${share} * (t - p), (${share} - 1) * (t - p)).mean()`,
  keras: ({ quantile: share }) =>
    `lambda t, p: keras.ops.mean(keras.ops.maximum(${share} * (t - p), (${share} - 1) * (t - p)), -1)`,
});
