/** @file Ticks of logarithmic axes. */
import { number, powerOfTen } from '../lib/format.ts';

/** 1, 2 or 5 times a power of ten, of which about so many fit. */
function niceStep(width: number, about: number): number {
  const decade = 10 ** Math.floor(Math.log10(width / about));
  return decade * ([1, 2, 5].find((digit) => digit * decade * about >= width) ?? 10);
}

/** The logarithms of even numbers: within less than a decade there may be no 1, 2 or 5. */
function evenTicks(low: number, high: number): number[] {
  const [from, to] = [10 ** low, 10 ** high];
  const step = niceStep(to - from, 5);
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    Math.log10(Number(((first + i) * step).toPrecision(12))),
  );
}

/** Ticks between two logarithms: whole decades; 1, 2 and 5 of each where there are few; even numbers within one. */
export function decadeTicks(low: number, high: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  if (span < 0.8) return evenTicks(low, high);
  const first = Math.floor(low);
  const decades = Array.from({ length: Math.ceil(high) - first + 1 }, (_, i) => first + i);
  const every = Math.max(1, Math.ceil(span / 6));
  const ticks =
    span < 2
      ? decades.flatMap((decade) => [1, 2, 5].map((digit) => decade + Math.log10(digit)))
      : decades.filter((decade) => decade % every === 0);
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** All as powers of ten, or all as they are. */
export function decadeTexts(ticks: readonly number[]): string[] {
  const far = ticks.every(Number.isInteger) && ticks.some((tick) => Math.abs(tick) > 2);
  return ticks.map((tick) => (far ? powerOfTen(tick) : number(10 ** tick)));
}
