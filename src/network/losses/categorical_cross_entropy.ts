/** @file Cross-entropy of outputs that are class probabilities; they are not renormalized. */

import { calculus as c } from '../../graph/index.ts';
import { defineLoss, entropy } from './loss.ts';
import { kerasSmoothed } from './smoothing.ts';

/** Probabilities are clipped to [ε, 1 − ε], outside which the derivative is 0. */
const EPSILON = 1e-7;

export const categoricalCrossEntropy = defineLoss({
  type: 'categorical_cross_entropy',
  title: 'Categorical cross-entropy',
  synonyms: [
    'categorical_crossentropy',
    'sparse_categorical_crossentropy',
    'sparse_categorical_cross_entropy',
    'nll',
    'nll_loss',
  ],
  formula: '−Σ t ln p, p clipped to [1e-7, 1 − 1e-7]',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2.3'],
  options: {},
  target: 'classes',
  output: 'probabilities',
  build: (g, prediction, target) => {
    const p = c.min(g, c.max(g, prediction, g.constant(EPSILON)), g.constant(1 - EPSILON));
    return c.neg(g, c.reduceSum(g, c.mul(g, target, c.log(g, p)), [prediction.shape.length - 1]));
  },
  slope: (prediction, target) =>
    prediction.map((p, i) => (p <= EPSILON || p >= 1 - EPSILON ? 0 : -(target[i] ?? 0) / p)),
  constant: entropy,
  smoothing: (amount) => ({
    pytorch: `lambda p, t: (lambda q: (${1 - amount} * nn.functional.nll_loss(q, t, reduction="none") - ${amount} * torch.mean(q, 1)).mean())(p.clamp(1e-7, 1 - 1e-7).log())`,
    keras: kerasSmoothed(amount),
  }),
  pytorch: () => 'lambda p, t: nn.NLLLoss()(p.clamp(1e-7, 1 - 1e-7).log(), t)',
  keras: () => '"sparse_categorical_crossentropy"',
});
