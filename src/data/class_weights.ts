/** @file How much a class weighs so that all have the same say. */

/** n/(classes · n_c), and 0 for a class without samples. */
export function balancedWeights(counts: readonly number[]): number[] {
  const n = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (count === 0 ? 0 : n / (counts.length * count)));
}
