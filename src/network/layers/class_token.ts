/** @file A learned token in front of a sequence. */
import { calculus as c } from '../../graph/index.ts';
import { initializerKind } from '../initializers/index.ts';
import { initializerArgument } from './code.ts';
import { defineLayer } from './layer.ts';
import { checkSequence } from './window.ts';

export const classToken = defineLayer({
  type: 'class_token',
  family: 'table',
  title: 'Class token',
  formula:
    '[time, features] → [1 + time, features]: a learned vector (token [features]) before the first time step',
  sources: ['Devlin et al. 2019, arXiv:1810.04805', 'Dosovitskiy et al. 2021, arXiv:2010.11929'],
  options: {
    token_initializer: initializerKind.schema.default('zeros').describe('Initializer of the token'),
  },
  mask({ g, masks: [mask = null] }) {
    if (mask === null) return null;
    // The token counts.
    return c.concat(g, [c.expand(g, g.constant(1), [mask.shape[0] ?? 1, 1]), mask], 1);
  },
  maskCode: ({ masks: [mask = null] }) => ({
    argument: null,
    gives: mask === null ? null : `torch.cat([${mask}.new_ones(len(${mask}), 1), ${mask}], 1)`,
  }),
  build(context, x, { token_initializer }) {
    const { g } = context;
    checkSequence(g, x);
    const [batch = 1, , features = 1] = x.shape;
    const token = context.parameter('token', [features], {
      fanIn: features,
      fanOut: features,
      initializer: token_initializer,
    });
    const first = c.expand(g, c.reshape(g, token, [1, 1, features]), [batch, 1, features]);
    return c.concat(g, [first, x], 1);
  },
  theory: 'the token differs from the other positions',
  code: ({ token_initializer }, { features }) => ({
    pytorch: [`ClassToken(${features})`],
    keras: [`ClassToken(${features}${initializerArgument('token', token_initializer, 'zeros')})`],
  }),
});
