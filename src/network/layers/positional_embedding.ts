/** @file A vector for every position, added to the sequence. */
import { z } from 'zod';
import { calculus as c } from '../../graph/index.ts';
import { tableInitializerOption } from '../initializers/option.ts';
import { defineLayer } from './layer.ts';
import { checkSequence } from './window.ts';

/** sin(t/10000^(i/features)) at even i, cos(t/10000^((i − 1)/features)) at odd i. */
function sinusoids(time: number, features: number): Float32Array {
  return Float32Array.from({ length: time * features }, (_, at) => {
    const [t, i] = [Math.floor(at / features), at % features];
    const angle = t / 10_000 ** ((i - (i % 2)) / features);
    return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
}

export const positionalEmbedding = defineLayer({
  type: 'positional_embedding',
  family: 'table',
  title: 'Positional embedding',
  formula:
    'y = x + table [time, features], learned; or "sinusoidal": sin(t/10000^(i/features)) for even feature i, ' +
    'cos(t/10000^((i−1)/features)) for odd, without parameters',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.5'],
  options: {
    kind: z.enum(['learned', 'sinusoidal']).default('learned'),
    table_initializer: tableInitializerOption,
  },
  mask: 'passed',
  build(context, x, { kind, table_initializer }) {
    const { g } = context;
    checkSequence(g, x);
    const [, time = 1, features = 1] = x.shape;
    if (kind === 'sinusoidal')
      return c.add(
        g,
        x,
        g.madeTensor([time, features], () => sinusoids(time, features)),
      );
    const table = context.parameter('table', [time, features], {
      fanIn: time,
      fanOut: features,
      initializer: table_initializer,
    });
    return c.add(g, x, table);
  },
  theory: 'positions differ from each other',
  code: ({ kind }, { inputShape: [time = 1, features = 1] }) => ({
    pytorch: [`PositionalEmbedding(${time}, ${features}${kind === 'learned' ? '' : ', learned=False'})`],
    keras: [`PositionalEmbedding(${time}, ${features}${kind === 'learned' ? '' : ', learned=False'})`],
  }),
});
