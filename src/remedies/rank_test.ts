/**
 * @file Whether some runs are lower than others by more than chance orders them: Mann & Whitney 1947, one-sided and exact. It asks
 * for no distribution, and losses that jump have none that is known.
 */

/** Orders as good as this come by chance in at most so many cases. */
export const CHANCE = 0.05;

/** Of n and m runs without ties: orders in which at most `most` of the n·m pairs have the other one lower. */
function countOrders(n: number, m: number, most: number): number {
  const known = new Map<number, number>();
  /** With exactly u such pairs: the highest run is either one of the m, or one of the n, above all m of them. */
  const exactly = (a: number, b: number, u: number): number => {
    if (u < 0 || u > a * b) return 0;
    if (a === 0 || b === 0) return 1;
    const key = (a * (m + 1) + b) * (n * m + 1) + u;
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = exactly(a, b - 1, u) + exactly(a - 1, b, u - b);
    known.set(key, count);
    return count;
  };
  let sum = 0;
  for (let u = 0; u <= most; u++) sum += exactly(n, m, u);
  return sum;
}

/** Pairs of one of each in which the other is lower; equal ones are half a pair. */
const pairsLost = (values: readonly number[], others: readonly number[]): number =>
  values.reduce(
    (sum, value) =>
      sum + others.reduce((lost, other) => lost + (other < value ? 1 : other === value ? 0.5 : 0), 0),
    0,
  );

/** With so few runs that no order is rare, only the best order will do: all of them below all others. */
export function areLower(values: readonly number[], others: readonly number[]): boolean {
  const [n, m] = [values.length, others.length];
  const lost = Math.ceil(pairsLost(values, others));
  if (lost === 0) return true;
  return countOrders(n, m, lost) <= CHANCE * countOrders(n, m, n * m);
}
