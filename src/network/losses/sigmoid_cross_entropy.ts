/** @file Binary cross-entropy on logits, without overflow. */

import { calculus as c } from '../../graph/index.ts';
import { binaryConstant, binaryLeast, defineLoss } from './loss.ts';

export const sigmoidCrossEntropy = defineLoss({
  type: 'sigmoid_cross_entropy',
  title: 'Sigmoid cross-entropy',
  synonyms: ['bce_with_logits', 'bce_with_logits_loss'],
  formula: 'softplus(z) − t z',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2.2'],
  options: {},
  target: 'binary',
  output: 'logits',
  build: (g, prediction, target) =>
    // Equal to −t ln σ(z) − (1 − t) ln(1 − σ(z)), and exact for every z.
    c.sub(g, c.softplus(g, prediction), c.mul(g, target, prediction)),
  slope: (prediction, target) => prediction.map((z, i) => 1 / (1 + Math.exp(-z)) - (target[i] ?? 0)),
  constant: binaryConstant,
  least: binaryLeast,
  smoothing: (amount) => ({
    pytorch: `lambda p, t: nn.BCEWithLogitsLoss()(p, ${1 - amount} * t + ${amount / 2})`,
    keras: `keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=${amount})`,
  }),
  pytorch: () => 'nn.BCEWithLogitsLoss()',
  keras: () => 'keras.losses.BinaryCrossentropy(from_logits=True)',
});
