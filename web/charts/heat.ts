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

/** Of a cell: 0 where nothing was measured, then exactly 0 on a logarithmic scale, the colours, and not finite. */
const [MISSING, ZERO, FIRST, NON_FINITE] = [0, 1, 2, LEVELS + 2];

function rankOf(value: number, scale: HeatScale): number {
  if (Number.isNaN(value)) return MISSING;
  if (!Number.isFinite(value)) return NON_FINITE;
  if (scale.log && value <= 0) return ZERO;
  return FIRST + Math.round(placeOf(value, scale) * (LEVELS - 1));
}

/** Colours by rank, as the words of an ImageData. */
const wordsOf = ({ map }: HeatScale): Uint32Array =>
  Uint32Array.from([SPECIAL.missing, SPECIAL.zero, ...colourWords(map), SPECIAL.nonFinite]);

/** A heat map ready to be coloured at any width. */
export interface Ranked {
  readonly ranks: Uint16Array;
  readonly words: Uint32Array;
  readonly layers: number;
  readonly steps: number;
}

export function ranked({ cells, layers, steps }: Heat, scale: HeatScale): Ranked {
  const ranks = new Uint16Array(cells.length);
  for (let i = 0; i < cells.length; i++) ranks[i] = rankOf(cells[i] as number, scale);
  return { ranks, words: wordsOf(scale), layers: layers.length, steps: steps.length };
}

/** Where each of so many parts of [from, to) begins and ends, each with one cell at least. */
function parts(from: number, to: number, count: number, cells: number): [number, number][] {
  const at = (k: number) => Math.floor(from + (k / count) * (to - from) + 1e-9);
  return Array.from({ length: count }, (_, k) => {
    const start = Math.min(cells - 1, Math.max(0, at(k)));
    return [start, Math.min(cells, Math.max(start + 1, at(k + 1)))];
  });
}

/**
 * The view as so many columns and rows of pixels, the words of an ImageData. Where several cells share a pixel it shows the
 * greatest, and first of all what is not finite: an average, or every k-th step, would lose what lasted for one step.
 */
export function pixelsOf(
  { ranks, words, layers, steps }: Ranked,
  { from, to }: View,
  columns: number,
  rows: number,
): Uint32Array {
  const pixels = new Uint32Array(rows * columns);
  if (ranks.length === 0) return pixels;
  const across = parts(from, to, columns, steps);
  parts(0, layers, rows, layers).forEach(([first, last], row) => {
    across.forEach(([start, end], column) => {
      let most = MISSING;
      for (let layer = first; layer < last; layer++)
        for (let i = layer * steps + start; i < layer * steps + end; i++)
          most = Math.max(most, ranks[i] as number);
      pixels[row * columns + column] = words[most] as number;
    });
  });
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
