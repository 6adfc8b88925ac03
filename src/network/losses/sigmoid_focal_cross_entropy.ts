/** @file The focal loss of yes and no, on logits. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { crossing, focalSlope, focalTerm, gammaOption } from './focal.ts';
import { defineLoss, meanOf } from './loss.ts';

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** What right answers of 1 and of 0 weigh. */
const sides = (alpha: number | null): [number, number] => (alpha === null ? [1, 1] : [alpha, 1 - alpha]);

export const sigmoidFocalCrossEntropy = defineLoss({
  type: 'sigmoid_focal_cross_entropy',
  title: 'Sigmoid focal cross-entropy',
  synonyms: [
    'focal',
    'focal_loss',
    'sigmoid_focal_loss',
    'binary_focal_crossentropy',
    'binary_focal_cross_entropy',
  ],
  formula:
    't α (1 − p)^gamma (−ln p) + (1 − t) (1 − α) p^gamma (−ln(1 − p)), p = sigmoid(z); both weights are 1 where alpha is null',
  sources: ['Lin et al. 2017, arXiv:1708.02002, equation 5', 'Keras, keras.losses.BinaryFocalCrossentropy'],
  options: {
    gamma: gammaOption,
    alpha: z
      .number()
      .gt(0)
      .lt(1)
      .nullable()
      .default(null)
      .describe('Weight of targets of 1; those of 0 have 1 − alpha; null: both 1'),
  },
  target: 'binary',
  output: 'logits',
  build(g, prediction, target, { gamma, alpha }) {
    const [one, ...weights] = [1, ...sides(alpha)].map((value) => g.constant(value));
    const [yes, no] = weights as [typeof prediction, typeof prediction];
    // −ln σ(z) = softplus(−z): the power of a probability as an exponential, which stands at 0 as well.
    const [toYes, toNo] = [c.softplus(g, c.neg(g, prediction)), c.softplus(g, prediction)];
    const lessSure = (surprise: typeof prediction) => c.exp(g, c.mul(g, g.constant(-gamma), surprise));
    const positive = c.mul(g, c.mul(g, target, yes), c.mul(g, lessSure(toNo), toYes));
    const negative = c.mul(
      g,
      c.mul(g, c.sub(g, one as typeof yes, target), no),
      c.mul(g, lessSure(toYes), toNo),
    );
    return c.add(g, positive, negative);
  },
  slope: (prediction, target, { gamma, alpha }) =>
    prediction.map((z, i) => {
      const [[yes, no], p, t] = [sides(alpha), sigmoid(z), target[i] ?? 0];
      const rising = p * (1 - p);
      if (rising === 0) return 0;
      return rising * (t * yes * focalSlope(p, gamma) - (1 - t) * no * focalSlope(1 - p, gamma));
    }),
  // Convex in p, as products of falling convex functions are.
  constant(column, weights, { gamma, alpha }) {
    const [yes, no] = sides(alpha);
    const t = meanOf(column, weights);
    const [ones, zeros] = [t * yes, (1 - t) * no];
    if (ones === 0 || zeros === 0) return 0;
    const p = crossing((x) => ones * focalSlope(x, gamma) - zeros * focalSlope(1 - x, gamma), 0);
    return ones * focalTerm(p, gamma) + zeros * focalTerm(1 - p, gamma);
  },
  // The same of every target by itself: 0 where each is 0 or 1.
  least(column, weights, options) {
    const own = new Map<number, number>();
    const of = (t: number): number => {
      const known = own.get(t);
      if (known !== undefined) return known;
      const value = t === 0 || t === 1 ? 0 : sigmoidFocalCrossEntropy.bind(options).constant([t], [1], 1);
      own.set(t, value);
      return value;
    };
    return meanOf(column.map(of), weights);
  },
  pytorch({ gamma, alpha }) {
    const [yes, no] = sides(alpha);
    return `lambda z, t: (${yes} * t * torch.sigmoid(-z) ** ${gamma} * nn.functional.softplus(-z) + ${no} * (1 - t) * torch.sigmoid(z) ** ${gamma} * nn.functional.softplus(z)).mean()`;
  },
  keras: ({ gamma, alpha }) =>
    `keras.losses.BinaryFocalCrossentropy(${alpha === null ? '' : `apply_class_balancing=True, alpha=${alpha}, `}gamma=${gamma}, from_logits=True)`,
});
