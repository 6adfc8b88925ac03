/** @file The theory of values that are scaled and shifted alike. */
import { pairwise, type Signal, scaled } from './signal.ts';
import type { Transfer } from './transfer.ts';

/** scale · x + offset: E (s x_a + o)(s x_b + o) = s² E x_ax_b + s o (E x_a + E x_b) + o². */
export function shiftedAndScaled(input: Signal, scale: number, offset: number): Transfer {
  const { samples, gram, mean } = input;
  const moment = (a: number, b: number) =>
    scale * scale * (gram[a * samples + b] as number) +
    scale * offset * ((mean[a] as number) + (mean[b] as number)) +
    offset * offset;
  return {
    preactivation: {
      ...input,
      gram: pairwise(samples, moment),
      mean: mean.map((value) => scale * value + offset),
    },
    backward: ({ covariance, radial }) => ({
      covariance: scaled(covariance, scale * scale),
      radial: scaled(radial, scale * scale),
    }),
    activation: null,
  };
}
