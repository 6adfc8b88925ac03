/** @file Colour maps that people with any colour vision can read: perceptually even, monotone in lightness. */

type Rgb = readonly [number, number, number];

/** Anchors of viridis (matplotlib, CC0), evenly spaced. */
const VIRIDIS: readonly Rgb[] = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
];

/** Blue below, pale at the middle, orange above: tells sides apart without red and green. */
const SIDES: readonly Rgb[] = [
  [5, 48, 97],
  [33, 102, 172],
  [67, 147, 195],
  [146, 197, 222],
  [209, 229, 240],
  [247, 247, 247],
  [253, 224, 180],
  [253, 184, 99],
  [224, 130, 20],
  [179, 88, 6],
  [127, 59, 8],
];

/** From nothing to all. */
const FRACTION: readonly Rgb[] = [
  [237, 244, 250],
  [206, 222, 240],
  [168, 197, 226],
  [122, 166, 208],
  [83, 133, 189],
  [52, 100, 165],
  [31, 70, 132],
  [16, 42, 92],
];

export type MapName = 'viridis' | 'sides' | 'fraction';
const anchors: Readonly<Record<MapName, readonly Rgb[]>> = {
  viridis: VIRIDIS,
  sides: SIDES,
  fraction: FRACTION,
};

export const LEVELS = 256;

const mix = (a: number, b: number, t: number): number => Math.round(a + (b - a) * t);

/** 256 colours as the 32-bit words of an ImageData (little endian: alpha, blue, green, red). */
function wordsOf(name: MapName): Uint32Array {
  const stops = anchors[name];
  return Uint32Array.from({ length: LEVELS }, (_, i) => {
    const at = (i / (LEVELS - 1)) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(at));
    const [a, b] = [stops[low] as Rgb, stops[low + 1] as Rgb];
    const [r, g, blue] = [0, 1, 2].map((k) => mix(a[k] as number, b[k] as number, at - low)) as [
      number,
      number,
      number,
    ];
    return ((255 << 24) | (blue << 16) | (g << 8) | r) >>> 0;
  });
}

const made = new Map<MapName, Uint32Array>();

export function colourWords(name: MapName): Uint32Array {
  const known = made.get(name) ?? wordsOf(name);
  made.set(name, known);
  return known;
}

export function cssColour(name: MapName, fraction: number): string {
  const word = colourWords(name)[Math.round(Math.min(1, Math.max(0, fraction)) * (LEVELS - 1))] as number;
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
}

/** The colour of cells that have no place on a scale: exactly 0 on a logarithmic one, not finite, not measured. */
export const SPECIAL = { zero: 0xff_1a_12_10, nonFinite: 0xff_7e_30_d6, missing: 0x00_00_00_00 } as const;
