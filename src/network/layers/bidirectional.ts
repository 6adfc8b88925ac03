/** @file A recurrent layer forward and another one backward through time. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { defineKind } from '../../util/kind.ts';
import { gru } from './gru.ts';
import { defineLayer, type LayerContext } from './layer.ts';
import { lstm } from './lstm.ts';
import { recurrentMask, recurrentMaskCode } from './masks.ts';
import { RECURRENT_THEORY } from './recurrent.ts';
import { simpleRnn } from './simple_rnn.ts';
import { checkSequence } from './window.ts';

const recurrentKind = defineKind([simpleRnn, lstm, gru]);

/** Of [batch, time, …]. */
const TIME = 1;

type Merge = 'concatenate' | 'add' | 'average' | 'multiply';

function merged(g: GraphBuilder, merge: Merge, a: Tensor, b: Tensor): Tensor {
  if (merge === 'concatenate') return c.concat(g, [a, b], a.shape.length - 1);
  if (merge === 'multiply') return c.mul(g, a, b);
  const sum = c.add(g, a, b);
  return merge === 'add' ? sum : c.mul(g, sum, g.constant(0.5));
}

/** Both directions' states are watched as one, in the order in which they are made. */
function watchBoth(context: LayerContext): (index: number) => LayerContext['watchStates'] {
  let both: Tensor | null | undefined;
  return (index) => (shape) => {
    const [time = 1, batch = 1, units = 1] = shape;
    if (both === undefined) both = context.watchStates([time, batch, 2 * units]);
    return both === null
      ? null
      : c.slice(context.g, both, { axis: 2, start: index * units, step: 1, count: units });
  };
}

/** The context of one direction: its parameters carry its name. */
const within = (
  context: LayerContext,
  direction: string,
  watchStates: LayerContext['watchStates'],
): LayerContext => ({
  ...context,
  watchStates,
  parameter: (name, shape, options) => context.parameter(`${direction}/${name}`, shape, options),
  activateInLoop: (count, config, inner) =>
    context.activateInLoop(count, config, inner === undefined ? direction : `${direction}/${inner}`),
});

export const bidirectional = defineLayer({
  type: 'bidirectional',
  family: 'recurrent',
  title: 'Bidirectional recurrent layer',
  formula:
    'two layers of the kind of `layer`, one of them from the last time step to the first, its outputs put back in order; both ' +
    'merged. Parameters forward/kernel, backward/kernel, …',
  sources: ['Schuster & Paliwal 1997, Bidirectional recurrent neural networks'],
  options: {
    layer: recurrentKind.objects.describe('A recurrent layer'),
    merge: z
      .enum(['concatenate', 'add', 'average', 'multiply'])
      .default('concatenate')
      .describe('How to merge the outputs of both directions'),
  },
  mask: (context, _output, { layer }) => recurrentMask(context, layer),
  maskCode: (names, { layer }) => recurrentMaskCode(names, layer),
  build(context, x, { layer, merge }) {
    const { g } = context;
    checkSequence(g, x);
    if ('return_cell' in layer && layer.return_cell)
      g.refuse('return_cell does nothing in a bidirectional layer', 'remove "return_cell"');
    const part = recurrentKind.resolve(layer);
    const watch = watchBoth(context);
    const forward = part.build(within(context, 'forward', watch(0)), x);
    const mask = context.masks[0] ?? null;
    const backward = {
      ...within(context, 'backward', watch(1)),
      masks: [mask === null ? null : c.reverse(g, mask, TIME)],
    };
    const behind = part.build(backward, c.reverse(g, x, TIME));
    return merged(g, merge, forward, layer.return_sequences ? c.reverse(g, behind, TIME) : behind);
  },
  theory: RECURRENT_THEORY,
  code({ layer, merge }, context) {
    const { pytorch, keras } = recurrentKind.resolve(layer).code(context);
    const mode = { concatenate: 'concat', add: 'sum', average: 'ave', multiply: 'mul' }[merge];
    return {
      pytorch: [`Bidirectional(${pytorch.join(', ')}, ${pytorch.join(', ')}, "${merge}")`],
      keras: [`layers.Bidirectional(${keras.join(', ')}, merge_mode="${mode}")`],
    };
  },
});
