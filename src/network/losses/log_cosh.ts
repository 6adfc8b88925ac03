/** @file The logarithm of the hyperbolic cosine of the error: quadratic near 0, linear far from it. */
import { calculus as c } from '../../graph/index.ts';
import { defineLoss, smallestMean } from './loss.ts';

export const logCosh = defineLoss({
  type: 'log_cosh',
  title: 'Log-cosh',
  synonyms: ['logcosh'],
  formula: 'ln cosh e = |e| + softplus(−2|e|) − ln 2, e = p − t',
  sources: ['Keras, keras.losses.LogCosh'],
  options: {},
  target: 'values',
  output: 'values',
  build(g, prediction, target) {
    const size = c.abs(g, c.sub(g, prediction, target));
    const tail = c.softplus(g, c.mul(g, g.constant(-2), size));
    return c.sub(g, c.add(g, size, tail), g.constant(Math.LN2));
  },
  slope: (prediction, target) => prediction.map((p, i) => Math.tanh(p - (target[i] ?? 0))),
  constant: (column, weights) =>
    smallestMean(column, weights, (error) => {
      const size = Math.abs(error);
      return size + Math.log1p(Math.exp(-2 * size)) - Math.LN2;
    }),
  pytorch: () =>
    'lambda p, t: ((p - t).abs() + nn.functional.softplus(-2 * (p - t).abs())).mean() - math.log(2)',
  keras: () => '"log_cosh"',
});
