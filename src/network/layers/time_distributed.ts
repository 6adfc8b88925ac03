/** @file The same layers at every time step. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';

export const timeDistributed = defineLayer({
  type: 'time_distributed',
  family: 'composite',
  title: 'Layers at every time step',
  formula:
    '[time, …shape] → [time, …]: the layers inside, with one set of weights, on each time step by itself; batch statistics are ' +
    'those of all time steps of the batch; names inside mean layers of the body, `input` is one time step',
  sources: ['Keras, keras.layers.TimeDistributed'],
  options: {},
  composite: 'built',
  // Every time step stands for itself.
  mask: 'passed',
  build(context, x) {
    const { g } = context;
    const [batch = 1, time = 1, ...step] = x.shape;
    if (step.length === 0)
      g.refuse(
        `takes sequences [time, …] of more than one number a time step, not [${time}]`,
        'put { "type": "reshape" } or an embedding before it, so that a time step is a vector',
      );
    const y = context.body(c.reshape(g, x, [batch * time, ...step]), { mask: null, rows: time });
    return c.reshape(g, y, [batch, time, ...y.shape.slice(1)]);
  },
  theory: 'the correlation between the time steps that share its weights is not followed',
  code: (_options, { body }) => ({
    pytorch: [`TimeDistributed(${body.pytorch.join(', ')})`],
    keras: [`layers.TimeDistributed(keras.Sequential([${body.keras.join(', ')}]))`],
  }),
});
