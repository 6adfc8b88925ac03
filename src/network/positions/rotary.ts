/** @file Rotary positions: pairs of features are turned by an angle that grows with the place. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder } from '../../graph/index.ts';
import { definePosition } from './position.ts';

interface Options {
  readonly base: number;
  readonly dimensions: number | null;
  readonly interleaved: boolean;
}

/** For each feature of a head: the number of its pair, and its partner there; null where it is not turned. */
function pairOf(i: number, turned: number, interleaved: boolean): { pair: number; partner: number } | null {
  if (i >= turned) return null;
  const half = turned / 2;
  if (interleaved) return { pair: i >> 1, partner: i ^ 1 };
  return { pair: i % half, partner: i < half ? i + half : i - half };
}

/** [time, size]: of the angle of every feature at every place, its cosine or sine; 1 and 0 where nothing is turned. */
const angles = (
  g: GraphBuilder,
  [time, size]: readonly [number, number],
  turned: number,
  { base, interleaved }: Options,
  of: 'cos' | 'sin',
) =>
  g.madeTensor([time, size], () =>
    Float32Array.from({ length: time * size }, (_, at) => {
      const found = pairOf(at % size, turned, interleaved);
      const angle = found === null ? 0 : Math.floor(at / size) * base ** ((-2 * found.pair) / turned);
      return Math[of](angle);
    }),
  );

/** [size, size]: x times it is every feature's partner, with a minus for the first of each pair. */
const partners = (g: GraphBuilder, size: number, turned: number, interleaved: boolean) =>
  g.madeTensor([size, size], () => {
    const matrix = new Float32Array(size * size);
    for (let i = 0; i < turned; i++) {
      const { partner } = pairOf(i, turned, interleaved) as { partner: number };
      matrix[partner * size + i] = partner > i ? -1 : 1;
    }
    return matrix;
  });

export const rotary = definePosition({
  type: 'rotary',
  title: 'Rotary positions',
  synonyms: ['rope', 'rotary_embedding', 'rotary_position_embedding'],
  formula:
    'queries and keys at place t: features (a, b) of pair p become (a cos θ − b sin θ, a sin θ + b cos θ), ' +
    'θ = t · base^(−2p/dimensions); a pair is (p, p + dimensions/2), or (2p, 2p + 1) where interleaved',
  sources: ['Su et al. 2021, arXiv:2104.09864'],
  options: {
    base: z.number().min(1).max(1e9).default(10_000).describe('Of the wavelengths'),
    dimensions: z
      .int()
      .min(2)
      .max(65_536)
      .multipleOf(2)
      .nullable()
      .default(null)
      .describe('How many features of a head are turned, from the first on; null: all of them'),
    interleaved: z.boolean().default(false).describe('Neighbours are pairs; else the two halves are'),
  },
  turn(g, x, options) {
    const [, , time = 1, size = 1] = x.shape;
    const turned = options.dimensions ?? size;
    if (turned % 2 !== 0 || turned > size)
      g.refuse(
        `rotary positions turn pairs of features, but a head has ${size}${options.dimensions === null ? '' : ` and dimensions is ${turned}`}`,
        'give heads an even size, and dimensions of at most that',
      );
    const cos = angles(g, [time, size], turned, options, 'cos');
    const sin = angles(g, [time, size], turned, options, 'sin');
    const other = c.matMul(g, x, partners(g, size, turned, options.interleaved));
    return c.add(g, c.mul(g, x, cos), c.mul(g, other, sin));
  },
  code: ({ base, dimensions, interleaved }) =>
    `Rotary(${base}, ${dimensions ?? 'None'}, ${interleaved ? 'True' : 'False'})`,
});
