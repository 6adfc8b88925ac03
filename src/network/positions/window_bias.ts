/** @file A learned number for every offset between two places of a window of an image, and head: Swin. */
import { z } from 'zod';
import { list } from '../../util/list.ts';
import { tableInitializerOption } from '../initializers/option.ts';
import { definePosition, looked } from './position.ts';

export const windowBias = definePosition({
  type: 'window_bias',
  title: 'Learned biases of offsets in an image',
  synonyms: ['relative_position_bias_table', 'swin', 'relative_window'],
  formula:
    'positions are the places of a window [height, width], row by row; adds table[(Δrow + height − 1)(2 width − 1) + Δcolumn + width − 1, ' +
    'head] to every score, Δ = query minus key; table (relative_bias/table) [(2 height − 1)(2 width − 1), heads]',
  sources: ['Liu et al. 2021, arXiv:2103.14030, equation 4'],
  options: {
    window: list(z.int().min(1).max(256))
      .length(2)
      .describe('[height, width]; their product is the number of positions'),
    table_initializer: tableInitializerOption,
  },
  added(context, scores, { window, table_initializer }) {
    const [height = 1, width = 1] = window;
    if (scores.queries !== height * width || scores.keys !== height * width)
      context.g.refuse(
        `a window of [${window.join(', ')}] has ${height * width} places, but there are ${scores.queries} queries and ${scores.keys} keys`,
        'give window the height and width that the positions come from',
      );
    const table = context.table((2 * height - 1) * (2 * width - 1), scores.heads, table_initializer);
    return looked(context, table, scores, (i, j) => {
      const rows = Math.floor(i / width) - Math.floor(j / width) + height - 1;
      return rows * (2 * width - 1) + (i % width) - (j % width) + width - 1;
    });
  },
  code: ({ window: [height = 1, width = 1] }, heads) => `WindowBias(${height}, ${width}, ${heads})`,
});
