/** @file Interleaved rounds: everybody is measured once in every round, so that a slow moment of the machine hits all alike. */

/** One way to measure: milliseconds of whatever it is about. */
export type Measurement = () => Promise<number>;

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Milliseconds per round of every measurement, by its name. */
export async function interleave<Name>(
  rounds: number,
  measurements: ReadonlyMap<Name, Measurement>,
): Promise<Map<Name, number[]>> {
  const found = new Map<Name, number[]>([...measurements.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of measurements) found.get(name)?.push(await measure());
  }
  return found;
}

/** Median over the rounds of `a / b`: both sides of each quotient were measured next to each other. */
export const ratio = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, i) => value / (b[i] ?? Number.NaN)));
