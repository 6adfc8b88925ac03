/** @file Ticks of logarithmic axes. */
import { number, powerOfTen } from '../lib/format.ts';

/** Ticks between two logarithms: whole decades, or 1, 2 and 5 of each where there are few. */
export function decadeTicks(low: number, high: number): number[] {
  const span = high - low;
  const first = Math.floor(low);
  const decades = Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i);
  const every = Math.max(1, Math.ceil(span / 6));
  const ticks =
    span < 2
      ? decades.flatMap((decade) => [1, 2, 5].map((digit) => decade + Math.log10(digit)))
      : decades.filter((decade) => decade % every === 0);
  return ticks.filter((tick) => tick >= low && tick <= high);
}

export const tickText = (tick: number): string =>
  Number.isInteger(tick) && Math.abs(tick) > 2 ? powerOfTen(tick) : number(10 ** tick);
