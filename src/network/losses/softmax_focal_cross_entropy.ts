/** @file The focal loss of one class of several, on logits. */
import { calculus as c } from '../../graph/index.ts';
import { crossing, focalSlope, focalTerm, gammaOption } from './focal.ts';
import { defineLoss } from './loss.ts';

function softmax(z: readonly number[]): number[] {
  const largest = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = z.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export const softmaxFocalCrossEntropy = defineLoss({
  type: 'softmax_focal_cross_entropy',
  title: 'Softmax focal cross-entropy',
  synonyms: ['categorical_focal_crossentropy', 'categorical_focal_cross_entropy', 'multiclass_focal_loss'],
  formula: '−Σ t (1 − p)^gamma ln p, p = softmax(z)',
  sources: [
    'Lin et al. 2017, arXiv:1708.02002, equation 4',
    'Keras, keras.losses.CategoricalFocalCrossentropy (alpha 1)',
  ],
  options: { gamma: gammaOption },
  target: 'classes',
  output: 'logits',
  build(g, prediction, target, { gamma }) {
    const axis = prediction.shape.length - 1;
    // ln p of the right class, then (1 − p)^gamma; at least ε under the power, where its slope may be infinite.
    const right = c.reduceSum(g, c.mul(g, target, c.logSoftmax(g, prediction, axis)), [axis]);
    if (gamma === 0) return c.neg(g, right);
    const rest = c.max(g, c.sub(g, g.constant(1), c.exp(g, right)), g.constant(1e-7));
    return c.neg(g, c.mul(g, c.pow(g, rest, g.constant(gamma)), right));
  },
  slope(prediction, target, { gamma }) {
    const p = softmax(prediction);
    const right = p.reduce((sum, value, i) => sum + value * (target[i] ?? 0), 0);
    if (right === 0) return p.map((value, i) => value - (target[i] ?? 0));
    const slope = focalSlope(right, gamma) * right;
    return p.map((value, i) => slope * ((target[i] ?? 0) - value));
  },
  // Convex over distributions: each class has the probability where its weighted slope is the same as that of the others.
  constant(column, weights, { gamma }) {
    const frequencies = new Map<number, number>();
    column.forEach((value, i) => {
      frequencies.set(value, (frequencies.get(value) ?? 0) + (weights[i] ?? 0));
    });
    const shares = [...frequencies.values()].filter((share) => share > 0);
    if (shares.length < 2) return 0;
    const at = (slope: number) =>
      shares.map((share) => crossing((p) => share * focalSlope(p, gamma), -slope));
    let [low, high] = [0, 1];
    while (at(high).reduce((a, b) => a + b, 0) > 1) high *= 2;
    for (let i = 0; i < 80; i++) {
      const middle = (low + high) / 2;
      if (at(middle).reduce((a, b) => a + b, 0) > 1) low = middle;
      else high = middle;
    }
    return at(high).reduce((sum, p, k) => sum + (shares[k] as number) * focalTerm(p, gamma), 0);
  },
  pytorch: ({ gamma }) =>
    `lambda p, t: (lambda e: ((1 - (-e).exp()).clamp(min=1e-7) ** ${gamma} * e).mean())(nn.functional.cross_entropy(p, t, reduction="none"))`,
  keras: ({ gamma }) =>
    `lambda t, p: keras.losses.categorical_focal_crossentropy(keras.ops.one_hot(keras.ops.cast(t, "int32"), p.shape[-1]), p, alpha=1.0, gamma=${gamma}, from_logits=True)`,
});
