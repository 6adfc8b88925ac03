/** @file The hinge loss of a maximum-margin classifier of two classes. */
import { calculus as c } from '../../graph/index.ts';
import { defineLoss, meanOf } from './loss.ts';

export const hinge = defineLoss({
  type: 'hinge',
  title: 'Hinge',
  synonyms: ['hinge_loss'],
  formula: 'max(0, 1 − s z), s = 2t − 1 for targets t of 0 and 1; its slope at s z = 1 is 0',
  sources: ['Cortes & Vapnik 1995, Support-vector networks'],
  options: {},
  target: 'binary',
  output: 'logits',
  build(g, prediction, target) {
    const side = c.sub(g, c.mul(g, g.constant(2), target), g.constant(1));
    return c.relu(g, c.sub(g, g.constant(1), c.mul(g, side, prediction)));
  },
  slope: (prediction, target) =>
    prediction.map((z, i) => {
      const side = 2 * (target[i] ?? 0) - 1;
      return side * z < 1 ? -side : 0;
    }),
  // Convex and piecewise linear in z: its least value is where one of the terms begins.
  constant(column, weights) {
    const starts = [...new Set(column)].filter((t) => t !== 0.5).map((t) => 1 / (2 * t - 1));
    const at = (z: number) =>
      meanOf(
        column.map((t) => Math.max(0, 1 - (2 * t - 1) * z)),
        weights,
      );
    return [0, ...starts].map(at).reduce((least, value) => Math.min(least, value));
  },
  pytorch: () => 'lambda z, t: torch.relu(1 - (2 * t - 1) * z).mean()',
  keras: () => '"hinge"',
});
