/** @file Numbers that are the same on every machine, for data that scenarios bring with them. */

/** Between 0 and 1. */
export const chance = (i: number): number => {
  const value = Math.sin(i * 78.233 + 12.9898) * 43758.5453;
  return value - Math.floor(value);
};

/** Of a standard normal distribution. */
export const bell = (i: number): number =>
  Math.sqrt(-2 * Math.log(1 - chance(2 * i))) * Math.cos(2 * Math.PI * chance(2 * i + 1));

export const rows = (count: number, features: number): number[][] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: features }, (__, j) => bell(i * features + j)),
  );

export const at = (row: readonly number[], j: number): number => row[j] ?? 0;

/** Of evenly distributed features. */
export const even = (count: number, features: number, low = 0, high = 1): number[][] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: features }, (__, j) => low + (high - low) * chance(i * features + j + 7)),
  );
