/** @file Seeded random numbers: a seed and a path of labels name one independent, reproducible stream. */
import { hash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

export interface Random {
  /** Uniform on [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal, N(0, 1). */
  normal(): number;
  /** Uniform integer in {0 … n − 1}; n ≥ 1. */
  integer(n: number): number;
  /** Fisher–Yates shuffle in place; returns its argument. */
  shuffle<T extends { length: number; [index: number]: number }>(values: T): T;
}

/**
 * 128 bits of SHA-256 over the labels, the whole state of a generator: of 10^9 streams two are alike with a probability of
 * 10^-21. With 32 bits some of a dropout's 10^5 steps would draw the same masks.
 */
function stateOf(labels: readonly (string | number)[]): number[] {
  const digest = hash('sha256', labels.join('\u0000'), 'buffer');
  return [0, 4, 8, 12].map((offset) => digest.readInt32LE(offset));
}

/**
 * The stream that belongs to `seed` and `path`, e.g. `createRandom(7, 'weights', 'dense_1/kernel')`.
 * Equal arguments give equal streams; streams of different paths are independent, so that adding a
 * consumer never shifts the numbers of another one (probes and remedies keep the data order).
 */
export function createRandom(seed: number, ...path: (string | number)[]): Random {
  const generator = xoroshiro128plusFromState(stateOf([seed, ...path]));
  const bits = () => generator.next() >>> 0;
  const uniform = () => ((bits() >>> 5) * 67108864 + (bits() >>> 6)) / 9007199254740992;
  let spare: number | null = null;
  const normal = () => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    // Box–Muller; 1 − u keeps the logarithm's argument in (0, 1].
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  const integer = (n: number) => Math.floor(uniform() * n);
  return {
    uniform,
    normal,
    integer,
    shuffle(values) {
      for (let i = values.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        const kept = values[i] as number;
        values[i] = values[j] as number;
        values[j] = kept;
      }
      return values;
    },
  };
}
