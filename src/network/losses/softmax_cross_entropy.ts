/** @file Cross-entropy on logits, by log-sum-exp. */

import { calculus as c } from '../../graph/index.ts';
import { defineLoss, entropy } from './loss.ts';
import { kerasSmoothed } from './smoothing.ts';

export const softmaxCrossEntropy = defineLoss({
  type: 'softmax_cross_entropy',
  title: 'Softmax cross-entropy',
  synonyms: ['cross_entropy', 'cross_entropy_loss', 'crossentropy'],
  formula: '−Σ t ln softmax(z)',
  sources: ['Goodfellow, Bengio & Courville 2016, Deep Learning, section 6.2.2.3'],
  options: {},
  target: 'classes',
  output: 'logits',
  build: (g, prediction, target) => {
    const axis = prediction.shape.length - 1;
    return c.neg(g, c.reduceSum(g, c.mul(g, target, c.logSoftmax(g, prediction, axis)), [axis]));
  },
  slope(prediction, target) {
    const largest = Math.max(...prediction);
    const powers = prediction.map((z) => Math.exp(z - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((power, i) => power / sum - (target[i] ?? 0));
  },
  constant: entropy,
  smoothing: (amount) => ({
    pytorch: `nn.CrossEntropyLoss(label_smoothing=${amount})`,
    keras: kerasSmoothed(amount, ', from_logits=True'),
  }),
  pytorch: () => 'nn.CrossEntropyLoss()',
  keras: () => 'keras.losses.SparseCategoricalCrossentropy(from_logits=True)',
});
