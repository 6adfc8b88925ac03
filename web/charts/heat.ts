/** @file Heat maps as numbers: cells, a scale, and their pixels. Knows no page. */
import type { Grid } from '../../client/index.ts';
import { colourWords, LEVELS, type MapName, SPECIAL } from '../lib/colours.ts';

export interface HeatScale {
  readonly map: MapName;
  readonly log: boolean;
  /** In log₁₀ where it is logarithmic. */
  readonly low: number;
  readonly high: number;
}

export interface Heat {
  readonly layers: readonly string[];
  readonly steps: readonly number[];
  /** Layer by layer; NaN where nothing was measured, ∞ where it was not finite. */
  readonly cells: Float64Array;
}

export function heatOf(grid: Grid, metric: string): Heat {
  const rows = grid.rows.filter((row) => row.metric === metric && row.layer !== null);
  const width = grid.steps.length;
  const cells = new Float64Array(rows.length * width);
  rows.forEach((row, r) => {
    row.values.forEach((value, i) => {
      cells[r * width + i] =
        value ?? (row.non_finite?.[i] === undefined ? Number.NaN : Number.POSITIVE_INFINITY);
    });
  });
  return { layers: rows.map(({ layer }) => layer as string), steps: grid.steps, cells };
}

/** Least and greatest of what can be placed; null where nothing can. */
function rangeOf(heats: readonly Heat[], log: boolean): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { cells } of heats) {
    for (const cell of cells) {
      if (!Number.isFinite(cell) || (log && cell <= 0)) continue;
      if (cell < low) low = cell;
      if (cell > high) high = cell;
    }
  }
  return low > high ? null : [low, high];
}

/** A gradient that has vanished has to look vanished: whole decades, never fewer than these. */
const LEAST_DECADES = 3;

/** One scale for all of them, so that they can be compared. */
export function logScale(heats: readonly Heat[], map: MapName = 'viridis'): HeatScale {
  const range = rangeOf(heats, true) ?? [1e-3, 1];
  const high = Math.ceil(Math.log10(range[1]) - 1e-9) || 0;
  const low = Math.min(Math.floor(Math.log10(range[0]) + 1e-9), high - LEAST_DECADES);
  return { map, log: true, low, high };
}

/** As far on one side of the middle as on the other. */
export function sidedScale(heats: readonly Heat[], middle: number): HeatScale {
  const range = rangeOf(heats, true) ?? [middle, middle];
  const reach = Math.max(2, ...range.map((value) => Math.ceil(Math.abs(Math.log10(value / middle)))));
  const centre = Math.log10(middle);
  return { map: 'sides', log: true, low: centre - Math.min(reach, 6), high: centre + Math.min(reach, 6) };
}

export const fractionScale: HeatScale = { map: 'fraction', log: false, low: 0, high: 1 };

export function linearScale(heats: readonly Heat[]): HeatScale {
  const [, high] = rangeOf(heats, false) ?? [0, 1];
  return { map: 'viridis', log: false, low: 0, high: high > 0 ? high : 1 };
}

/** Where on the scale, from 0 to 1. */
function placeOf(value: number, { log, low, high }: HeatScale): number {
  const at = log ? Math.log10(value) : value;
  return Math.min(1, Math.max(0, (at - low) / (high - low)));
}

function wordOf(value: number, scale: HeatScale, words: Uint32Array): number {
  if (Number.isNaN(value)) return SPECIAL.missing;
  if (!Number.isFinite(value)) return SPECIAL.nonFinite;
  if (scale.log && value <= 0) return SPECIAL.zero;
  return words[Math.round(placeOf(value, scale) * (LEVELS - 1))] as number;
}

/** One pixel for each cell, as the words of an ImageData. */
export function pixelsOf({ cells }: Heat, scale: HeatScale): Uint32Array {
  const words = colourWords(scale.map);
  const pixels = new Uint32Array(cells.length);
  for (let i = 0; i < cells.length; i++) pixels[i] = wordOf(cells[i] as number, scale, words);
  return pixels;
}

/** The part of the steps that is seen, as indices: [from, to). */
export interface View {
  readonly from: number;
  readonly to: number;
}

const MIN_STEPS_SEEN = 8;

export function zoomed({ from, to }: View, factor: number, at: number, all: number): View {
  const width = Math.min(all, Math.max(Math.min(MIN_STEPS_SEEN, all), (to - from) * factor));
  const start = Math.min(all - width, Math.max(0, at - ((at - from) / (to - from)) * width));
  return { from: start, to: start + width };
}

export function panned({ from, to }: View, by: number, all: number): View {
  const width = to - from;
  const start = Math.min(all - width, Math.max(0, from + by));
  return { from: start, to: start + width };
}
