/** @file Several quantiles at once: a unit for each of them beside every target. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const quantiles = defineLoss({
  type: 'quantiles',
  title: 'Several quantiles (pinball)',
  synonyms: ['multi_quantile', 'quantile_losses', 'multi_quantile_loss', 'mqloss'],
  formula:
    'e ≥ 0 ? q e : (q − 1) e, e = t − p, for every quantile q; the network ends in as many units for each target, [targets · quantiles], those of a target side by side; the mean over all',
  sources: [
    'Koenker & Bassett 1978, Regression quantiles',
    'Wen et al. 2017, arXiv:1711.11053',
    'Lim et al. 2021, arXiv:1912.09363',
  ],
  options: {
    quantiles: list(z.number().gt(0).lt(1))
      .min(1)
      .max(99)
      .default([0.1, 0.5, 0.9])
      .describe('Shares of the targets that lie below each of the predictions'),
  },
  target: 'values',
  output: 'values',
  copies: ({ quantiles: shares }) => shares.length,
  build(g, prediction, target, { quantiles: shares }) {
    const outputs = prediction.shape.at(-1) ?? 1;
    const table = (of: (share: number) => number) =>
      g.madeTensor([outputs], () =>
        Float32Array.from({ length: outputs }, (_, j) => of(shares[j % shares.length] as number)),
      );
    const error = c.sub(g, target, prediction);
    const above = c.mul(
      g,
      table((share) => share),
      c.relu(g, error),
    );
    return c.add(
      g,
      above,
      c.mul(
        g,
        table((share) => 1 - share),
        c.relu(g, c.neg(g, error)),
      ),
    );
  },
  slope: (prediction, target, { quantiles: shares }) =>
    prediction.map((p, i) => {
      const [error, share] = [(target[i] ?? 0) - p, shares[i % shares.length] as number];
      if (error === 0) return 0;
      return error > 0 ? -share : 1 - share;
    }),
  constant(column, weights, { quantiles: shares }, copy) {
    const share = shares[copy] as number;
    return smallestMean(column, weights, (error) => (error > 0 ? (1 - share) * error : -share * error));
  },
  pytorch: ({ quantiles: shares }) =>
    `lambda p, t: (lambda q, e: torch.maximum(q * e, (q - 1) * e).mean())(torch.tensor([${shares.join(', ')}], device=p.device), ` +
    `t.reshape(*p.shape[:-1], -1, 1) - p.reshape(*p.shape[:-1], -1, ${shares.length}))`,
  keras: ({ quantiles: shares }) =>
    `lambda t, p: (lambda q, e: keras.ops.mean(keras.ops.maximum(q * e, (q - 1) * e)))(np.array([${shares.join(', ')}], dtype="float32"), ` +
    `keras.ops.reshape(t, (-1, *p.shape[1:-1], p.shape[-1] // ${shares.length}, 1)) - keras.ops.reshape(p, (-1, *p.shape[1:-1], p.shape[-1] // ${shares.length}, ${shares.length})))`,
});
