/** @file A learned vector for every token. */
import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { tableInitializerOption } from '../initializers/option.ts';
import { initializerArgument } from './code.ts';
import { defineLayer } from './layer.ts';

export const embedding = defineLayer({
  type: 'embedding',
  family: 'table',
  title: 'Embedding',
  formula: '[time] tokens → [time, dimensions]: row x of the table [vocabulary, dimensions]',
  sources: ['Bengio et al. 2003, A neural probabilistic language model'],
  options: {
    vocabulary: z.int().min(1).max(1_000_000).describe('Number of tokens: they are 0 … vocabulary − 1'),
    dimensions: z.int().min(1).max(65_536).describe('Length of each vector'),
    table_initializer: tableInitializerOption,
    mask_zero: z
      .boolean()
      .default(false)
      .describe('Token 0 is padding: time steps with it are masked, as by the layer `masking`'),
  },
  vocabulary: ({ vocabulary }) => vocabulary,
  mask: ({ g, inputs: [tokens] }, _output, { mask_zero }) =>
    mask_zero
      ? c.where(g, c.greater(g, tokens as Tensor, g.constant(0)), g.constant(1), g.constant(0))
      : null,
  maskCode: ({ inputs: [tokens] }, { mask_zero }) => ({
    argument: null,
    gives: mask_zero ? `${tokens} != 0` : null,
  }),
  build(context, x, { vocabulary, dimensions, table_initializer }) {
    const { g } = context;
    if (x.shape.length !== 2) g.refuse(`takes tokens [time], not [${x.shape.slice(1).join(', ')}]`);
    const table = context.parameter('table', [vocabulary, dimensions], {
      fanIn: vocabulary,
      fanOut: dimensions,
      initializer: table_initializer,
    });
    return c.gather(g, table, x);
  },
  theory: 'tokens are no vectors: what follows depends on which of them recur',
  code: ({ vocabulary, dimensions, table_initializer, mask_zero }) => ({
    pytorch: [`nn.Embedding(${vocabulary}, ${dimensions})`],
    keras: [
      `layers.Embedding(${vocabulary}, ${dimensions}${initializerArgument('embeddings', table_initializer, 'none')}${mask_zero ? ', mask_zero=True' : ''})`,
    ],
  }),
});
