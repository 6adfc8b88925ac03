/** @file The Kullback–Leibler divergence of predicted from given distributions. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { defineLoss, meanOf } from './loss.ts';

/** Probabilities are clipped to [ε, 1], outside which the derivative is 0. */
const EPSILON = 1e-7;

const clip = (p: number): number => Math.min(Math.max(p, EPSILON), 1);
const clipped = (g: GraphBuilder, x: Tensor): Tensor =>
  c.min(g, c.max(g, x, g.constant(EPSILON)), g.constant(1));

export const klDivergence = defineLoss({
  type: 'kl_divergence',
  title: 'Kullback–Leibler divergence',
  synonyms: ['kld', 'kl_div', 'kullback_leibler_divergence'],
  formula: 'Σ t ln(t/p) over the outputs, t and p clipped to [1e-7, 1]; targets are distributions',
  sources: ['Kullback & Leibler 1951, On information and sufficiency', 'Keras, keras.losses.KLDivergence'],
  options: {},
  target: 'values',
  output: 'probabilities',
  summed: true,
  build(g, prediction, target) {
    const [p, t] = [clipped(g, prediction), clipped(g, target)];
    const terms = c.mul(g, t, c.sub(g, c.log(g, t), c.log(g, p)));
    return c.reduceSum(g, terms, [prediction.shape.length - 1]);
  },
  slope: (prediction, target) =>
    prediction.map((p, i) => (p <= EPSILON || p >= 1 ? 0 : -clip(target[i] ?? 0) / p)),
  // The best constant distribution is the mean of the targets.
  constant(column, weights) {
    const mean = clip(meanOf(column, weights));
    return meanOf(
      column.map((t) => clip(t) * Math.log(clip(t) / mean)),
      weights,
    );
  },
  pytorch: () =>
    'lambda p, t: nn.functional.kl_div(p.clamp(1e-7, 1).log(), t.clamp(1e-7, 1), reduction="none").sum(-1).mean()',
  keras: () => '"kl_divergence"',
});
