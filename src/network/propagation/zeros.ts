/** @file The theory of what adds zeros to the values, or takes some of them by chance. */
import { pairwise, product, type Signal, scaled, sizeOf } from './signal.ts';
import type { Transfer } from './transfer.ts';

/** Values among zeros: their moments over all elements shrink by the share that is left of them. */
export function surroundedByZeros(input: Signal, shape: readonly number[]): Transfer {
  const share = sizeOf(input.shape) / sizeOf(shape);
  return {
    preactivation: {
      ...input,
      shape,
      gram: scaled(input.gram, share),
      mean: scaled(input.mean, share),
    },
    backward: ({ covariance, radial }) => ({ covariance, radial: scaled(radial, share) }),
    activation: null,
  };
}

/** Kept with probability 1 − rate and scaled: only a sample's own moment grows (Schoenholz et al. 2017, section 4). */
export function droppedAtRandom(input: Signal, rate: number): Transfer {
  const factors = pairwise(input.samples, (a, b) => (a === b ? 1 / (1 - rate) : 1));
  return {
    preactivation: { ...input, gram: product(input.gram, factors) },
    backward: ({ covariance, radial }) => ({
      covariance: product(covariance, factors),
      radial: scaled(radial, 1 / (1 - rate)),
    }),
    activation: null,
  };
}
