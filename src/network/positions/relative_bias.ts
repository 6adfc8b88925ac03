/** @file A learned number for every distance and head, far distances together in buckets: T5. */
import { z } from 'zod';
import { tableInitializerOption } from '../initializers/option.ts';
import { definePosition, looked } from './position.ts';

/**
 * The bucket of a distance, key minus query. Half of the buckets of one direction are of one distance each, the others grow as a
 * logarithm up to max_distance. Both directions have buckets of their own, unless later keys are hidden.
 */
function bucketOf(distance: number, buckets: number, farthest: number, causal: boolean): number {
  const own = causal ? buckets : buckets / 2;
  const first = !causal && distance > 0 ? own : 0;
  const away = causal ? Math.max(0, -distance) : Math.abs(distance);
  const exact = Math.floor(own / 2);
  if (away < exact) return first + away;
  const share = Math.log(away / exact) / Math.log(farthest / exact);
  // The limits of buckets are powers, which logarithms miss by their rounding.
  return first + Math.min(own - 1, exact + Math.floor(share * (own - exact) + 1e-6));
}

export const relativeBias = definePosition({
  type: 'relative_bias',
  title: 'Learned biases of distances',
  synonyms: ['relative_position_bias', 'relative_attention_bias', 't5'],
  formula:
    'adds table[bucket(j − i), head] to the score of query i and key j; table (relative_bias/table) [buckets, heads]; half of the buckets ' +
    'of a direction are distances, the others widen as a logarithm up to max_distance; with causal all of them are of the past',
  sources: ['Raffel et al. 2020, arXiv:1910.10683, section 2.1'],
  options: {
    buckets: z.int().min(4).max(1024).multipleOf(2).default(32).describe('Rows of the table'),
    max_distance: z
      .int()
      .min(2)
      .max(1_000_000)
      .default(128)
      .describe(
        'From here on all distances are in the last bucket; more than a quarter of the buckets (half with causal)',
      ),
    table_initializer: tableInitializerOption,
  },
  added(context, scores, { buckets, max_distance, table_initializer }) {
    const exact = Math.floor((scores.causal ? buckets : buckets / 2) / 2);
    if (max_distance <= exact)
      context.g.refuse(
        `max_distance is ${max_distance}, but ${exact} distances have a bucket each`,
        `give max_distance more than ${exact}, or fewer buckets`,
      );
    const table = context.table(buckets, scores.heads, table_initializer);
    return looked(context, table, scores, (i, j) => bucketOf(j - i, buckets, max_distance, scores.causal));
  },
  code: ({ buckets, max_distance }, heads) => `RelativeBias(${buckets}, ${heads}, ${max_distance})`,
});
