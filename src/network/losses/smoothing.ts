/** @file Label smoothing: a share of every target is spread evenly over the answers, in losses that are linear in their targets. */
import { calculus as c } from '../../graph/index.ts';
import type { Loss } from './loss.ts';

/** −Σ p ln p over single shares and over `others` that are all equal. */
const entropyOf = (shares: readonly number[], others: number, other: number): number =>
  [...shares.map((p) => [1, p]), [others, other]].reduce(
    (sum, [count = 0, p = 0]) => sum - (p > 0 ? count * p * Math.log(p) : 0),
    0,
  );

/** How often each class is the target: its weights' sum. */
function sharesOf(column: readonly number[], weights: readonly number[]): number[] {
  const shares = new Map<number, number>();
  column.forEach((value, i) => {
    shares.set(value, (shares.get(value) ?? 0) + (weights[i] ?? 0));
  });
  return [...shares.values()];
}

/** Target t becomes (1 − amount) t + amount/K, K the number of classes; 2 for targets of 0 or 1. */
export function smoothed(loss: Loss, amount: number): Loss {
  if (loss.smoothing === null || amount === 0) return loss;
  const isClass = loss.target === 'classes';
  const kept = (outputs: number) => (t: number) => (1 - amount) * t + amount / (isClass ? outputs : 2);
  const column = (targets: readonly number[]) => targets.map(kept(2));
  return {
    ...loss,
    ...loss.smoothing(amount),
    build(g, prediction, target) {
      const outputs = target.shape.at(-1) ?? 1;
      const spread = g.constant(amount / (isClass ? outputs : 2));
      return loss.build(g, prediction, c.add(g, c.mul(g, target, g.constant(1 - amount)), spread));
    },
    slope: (prediction, target) => loss.slope(prediction, target.map(kept(target.length))),
    constant(targets, weights, outputs) {
      if (!isClass) return loss.constant(column(targets), weights, outputs);
      const shares = sharesOf(targets, weights).map(kept(outputs));
      return entropyOf(shares, outputs - shares.length, amount / outputs);
    },
    least(targets, weights, outputs) {
      if (!isClass) return loss.least(column(targets), weights, outputs);
      return entropyOf([kept(outputs)(1)], outputs - 1, amount / outputs);
    },
  };
}

/** The code of Keras for class indices, which its own smoothed losses do not take. */
export const kerasSmoothed = (amount: number, options = ''): string =>
  `lambda t, p: keras.losses.categorical_crossentropy(keras.ops.one_hot(keras.ops.cast(t, "int32"), p.shape[-1]), p${options}, label_smoothing=${amount})`;
