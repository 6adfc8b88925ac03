/** @file The rank test, held to all orders of few runs, counted one by one. */
import { describe, expect, it } from 'vitest';
import { areLower, CHANCE } from '../../../src/remedies/rank_test.ts';

/** Every choice of `n` of the ranks 0 … total − 1. */
function choices(n: number, total: number, from = 0): number[][] {
  if (n === 0) return [[]];
  return Array.from({ length: total - from }, (_, i) => from + i).flatMap((first) =>
    choices(n - 1, total, first + 1).map((rest) => [first, ...rest]),
  );
}

describe('the rank test', () => {
  it.each([
    [2, 6],
    [3, 9],
    [3, 12],
    [5, 5],
  ])(
    'of %i and %i runs is right by chance once in twenty times at most, and as often as that allows',
    (n, m) => {
      const ranks = Array.from({ length: n + m }, (_, i) => i);
      const all = choices(n, n + m);
      const lost = (own: readonly number[]) => own.reduce((sum, rank, i) => sum + rank - i, 0);
      const found = all.filter((own) =>
        areLower(
          own,
          ranks.filter((rank) => !own.includes(rank)),
        ),
      );
      expect(found.length / all.length).toBeLessThanOrEqual(CHANCE);
      const worst = Math.max(...found.map(lost));
      // One pair more would be too many.
      expect(all.filter((own) => lost(own) <= worst + 1).length / all.length).toBeGreaterThan(CHANCE);
      expect(found.length).toBe(all.filter((own) => lost(own) <= worst).length);
    },
  );

  it('of equal runs finds nothing, of very few only those that are all lower', () => {
    expect(areLower([1, 1, 1], [1, 1, 1, 1, 1, 1])).toBe(false);
    expect(areLower([1], [2, 3])).toBe(true);
    expect(areLower([2], [1, 3])).toBe(false);
  });
});
