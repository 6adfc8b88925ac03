/** @file What focal losses share: a cross-entropy that counts less the surer the right answer is. */
import { z } from 'zod';

export const gammaOption = z
  .number()
  .min(0)
  .max(100)
  .default(2)
  .describe('How much less a sure right answer counts; 0: the cross-entropy itself');

/** −(1 − p)^γ ln p, of the probability of what is right. */
export const focalTerm = (p: number, gamma: number): number =>
  p <= 0 ? Number.POSITIVE_INFINITY : -((1 - p) ** gamma) * Math.log(p);

/** Its derivative by p. */
export const focalSlope = (p: number, gamma: number): number => {
  const inner = gamma === 0 || p >= 1 ? 0 : gamma * (1 - p) ** (gamma - 1) * Math.log(p);
  return inner - (1 - p) ** gamma / p;
};

/** Where a rising function of (0, 1) is this number. */
export function crossing(rising: (p: number) => number, wanted: number): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < wanted) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
