/** @file Attention with linear biases: a score falls with the distance, in every head at a rate of its own. */
import { definePosition } from './position.ts';

/** Of a power of two: 2^(−8/n), 2^(−16/n), … 2^(−8); of other numbers those of the power below, then every second of the one above. */
function slopesOf(heads: number): number[] {
  const whole = 2 ** Math.floor(Math.log2(heads));
  const own = Array.from({ length: whole }, (_, h) => 2 ** ((-8 * (h + 1)) / whole));
  const between = Array.from({ length: heads - whole }, (_, h) => 2 ** ((-4 * (2 * h + 1)) / whole));
  return [...own, ...between];
}

export const alibi = definePosition({
  type: 'alibi',
  title: 'Linear biases',
  synonyms: ['attention_with_linear_biases'],
  formula:
    'adds −slope |i − j| to the score of query i and key j; the slopes of n heads are 2^(−8/n), 2^(−16/n), … 2^(−8) where n is a power of 2',
  sources: ['Press, Smith & Lewis 2021, arXiv:2108.12409'],
  options: {},
  added: ({ g }, { heads, queries, keys }) =>
    g.madeTensor([heads, queries, keys], () => {
      const slopes = slopesOf(heads);
      return Float32Array.from({ length: heads * queries * keys }, (_, at) => {
        const i = Math.floor(at / keys) % queries;
        return -(slopes[Math.floor(at / (queries * keys))] as number) * Math.abs(i - (at % keys));
      });
    }),
  code: (_options, heads) => `Alibi([${slopesOf(heads).join(', ')}])`,
});
