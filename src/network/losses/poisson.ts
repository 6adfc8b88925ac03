/** @file The Poisson deviance without its constant: counts whose mean is predicted. */
import { calculus as c } from '../../graph/index.ts';
import { defineLoss, meanOf } from './loss.ts';

/** Keeps the logarithm finite, as in Keras. */
const EPSILON = 1e-7;

const lossOf = (p: number, t: number): number => p - t * Math.log(p + EPSILON);

export const poisson = defineLoss({
  type: 'poisson',
  title: 'Poisson',
  synonyms: ['poisson_nll_loss'],
  formula: 'p − t ln(p + 1e-7)',
  sources: ['Keras, keras.losses.Poisson', 'Nelder & Wedderburn 1972, Generalized linear models'],
  options: {},
  target: 'values',
  output: 'values',
  positive: true,
  build: (g, prediction, target) =>
    c.sub(g, prediction, c.mul(g, target, c.log(g, c.add(g, prediction, g.constant(EPSILON))))),
  slope: (prediction, target) => prediction.map((p, i) => 1 - (target[i] ?? 0) / (p + EPSILON)),
  // 1 = mean/(p + ε) where the slope is 0.
  constant(column, weights) {
    const mean = meanOf(column, weights);
    return lossOf(Math.max(0, mean - EPSILON), mean);
  },
  least: (column, weights) =>
    meanOf(
      column.map((t) => lossOf(Math.max(0, t), t)),
      weights,
    ),
  pytorch: () => 'nn.PoissonNLLLoss(log_input=False, eps=1e-7)',
  keras: () => '"poisson"',
});
