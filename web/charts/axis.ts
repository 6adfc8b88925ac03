/** @file An axis as numbers: where a value is placed, and which ticks it has. Knows no page. */
import { number } from '../lib/format.ts';
import { decadeTexts, decadeTicks } from './decades.ts';

/** Null: not measured. NaN and ±∞ are measured, and have no place. */
export type Value = number | null | undefined;

export interface Axis {
  /** What is drawn for a value; null where it has no place. */
  place(value: Value): number | null;
  /** Of so much as is seen. */
  ticks(low: number, high: number): number[];
  texts(ticks: readonly number[]): string[];
}

const isNumber = (value: Value): value is number => Number.isFinite(value);

const MOST_DIGITS = 12;

/** Three digits, or as many as it takes to tell the ticks apart. */
function distinct(ticks: readonly number[]): string[] {
  let texts = ticks.map((tick) => number(tick));
  for (let digits = 4; new Set(texts).size < texts.length && digits <= MOST_DIGITS; digits++)
    texts = ticks.map((tick) => String(Number(tick.toPrecision(digits))));
  return texts;
}

const linear: Omit<Axis, 'ticks'> = {
  place: (value) => (isNumber(value) ? value : null),
  texts: distinct,
};

const LEAST_GAP = 0.5;
const GAP = 0.08;

/**
 * Logarithms, since uPlot's own logarithmic axis does not end with values below 10⁻³². What has none, as a gradient that is
 * exactly 0, lies below all others at a tick of its own: a curve that is left out looks as if nothing were wrong.
 */
function logarithmic(values: readonly Value[]): Axis {
  const known = values.filter(isNumber);
  const logs = known.filter((value) => value > 0).map(Math.log10);
  const from = logs.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY);
  const to = logs.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY);
  const hasFloor = logs.length < known.length;
  const floorText = known.some((value) => value < 0) ? '≤ 0' : '0';
  const gap = Math.max(LEAST_GAP, GAP * (to - from));
  const floor = logs.length === 0 ? 0 : from - gap;
  // No tick of a power of ten between the floor and what lies above it: it would not be that far below.
  const decadesFrom = hasFloor ? from - gap / 4 : Number.NEGATIVE_INFINITY;
  return {
    place: (value) => (isNumber(value) ? (value > 0 ? Math.log10(value) : floor) : null),
    ticks: (low, high) => [
      ...(hasFloor ? [floor] : []),
      ...(logs.length > 0 || !hasFloor ? decadeTicks(Math.max(low, decadesFrom), high) : []),
    ],
    texts: (ticks) =>
      hasFloor && ticks[0] === floor ? [floorText, ...decadeTexts(ticks.slice(1))] : decadeTexts(ticks),
  };
}

/** Less than that of a number's size is no difference that a reader could see in its digits. */
const LEAST_SPAN = 1e-3;

/**
 * What a linear axis is to hold. Values that are equal but for their last digits are drawn as the flat line that they are: blown
 * up, they would be noise, and uPlot's ticks do not end between numbers so close.
 */
export function spanOf(low: number, high: number): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high));
  const least = size === 0 ? 1 : LEAST_SPAN * size;
  if (high - low >= least) return [low, high];
  const middle = low + (high - low) / 2;
  return [middle - least / 2, middle + least / 2];
}

/** A tenth of the whole is seen at least: less would make much of nothing. */
const LEAST_SHARE = 0.1;

/** What an axis of parts of a whole is to hold: never less than nothing, or more than all. */
export function shareSpan(low: number, high: number): [number, number] {
  const from = Math.max(0, Math.min(low, high - LEAST_SHARE));
  return [from, Math.min(1, Math.max(high, from + LEAST_SHARE))];
}

const TICKS = 4;

/** Round numbers for a scale of a few, 0 among them where it is on it. */
export function roundTicks(low: number, high: number): number[] {
  const rough = (high - low) / TICKS;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5].find((digit) => digit * decade >= rough) ?? 10);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** @param ticks of a linear axis are left to who draws it */
export const axisOf = (values: readonly Value[], log: boolean): Axis =>
  log ? logarithmic(values) : { ...linear, ticks: () => [] };

const whole = (tick: number): string => (Number.isInteger(tick) ? String(tick) : '');

/** Of steps: there is nothing between two of them. */
export const stepAxis = (steps: readonly number[], log: boolean): Axis =>
  log || !steps.every(Number.isInteger)
    ? axisOf(steps, log)
    : { ...axisOf(steps, log), texts: (ticks) => ticks.map(whole) };
