/** @file Cross-entropy of outputs that are probabilities of 1. */

import { calculus as c } from '../../graph/index.ts';
import { binaryConstant, binaryLeast, defineLoss } from './loss.ts';

/** Probabilities are clipped to [ε, 1 − ε], outside which the derivative is 0. */
const EPSILON = 1e-7;

export const binaryCrossEntropy = defineLoss({
  type: 'binary_cross_entropy',
  title: 'Binary cross-entropy',
  synonyms: ['bce', 'bce_loss', 'binary_crossentropy', 'log_loss'],
  formula: '−t ln p − (1 − t) ln(1 − p), p clipped to [1e-7, 1 − 1e-7]',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2.2'],
  options: {},
  target: 'binary',
  output: 'probabilities',
  build: (g, prediction, target) => {
    const one = g.constant(1);
    const p = c.min(g, c.max(g, prediction, g.constant(EPSILON)), g.constant(1 - EPSILON));
    const positive = c.mul(g, target, c.log(g, p));
    const negative = c.mul(g, c.sub(g, one, target), c.log(g, c.sub(g, one, p)));
    return c.neg(g, c.add(g, positive, negative));
  },
  slope: (prediction, target) =>
    prediction.map((p, i) =>
      p <= EPSILON || p >= 1 - EPSILON ? 0 : (1 - (target[i] ?? 0)) / (1 - p) - (target[i] ?? 0) / p,
    ),
  constant: binaryConstant,
  least: binaryLeast,
  smoothing: (amount) => ({
    pytorch: `lambda p, t: nn.BCELoss()(p, ${1 - amount} * t + ${amount / 2})`,
    keras: `keras.losses.BinaryCrossentropy(label_smoothing=${amount})`,
  }),
  pytorch: () => 'nn.BCELoss()',
  keras: () => '"binary_crossentropy"',
});
