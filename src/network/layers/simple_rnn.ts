/** @file The plain recurrent layer. */
import { calculus as c, scan } from '../../graph/index.ts';
import { activationSchema, resolveActivation } from '../activation_config.ts';
import { defineLayer } from './layer.ts';
import { answer, projectInputs, recurrentCode, recurrentOptions } from './recurrent.ts';

export const simpleRnn = defineLayer({
  type: 'simple_rnn',
  title: 'Simple recurrent layer',
  formula:
    'h ← φ(x W + h R + b), from 0; x [time, in], W (kernel) [in, units], R (recurrent_kernel) [units, units], b (bias) ' +
    '[units]',
  sources: ['Elman 1990, Finding structure in time'],
  options: { ...recurrentOptions, activation: activationSchema.default('tanh') },
  build(context, x, options) {
    const { g } = context;
    const { inputs, recurrentKernel, zeros } = projectInputs(context, x, 1, options);
    const activation = context.activateInLoop(options.units, options.activation);
    const { final, outputs } = scan(
      g,
      { initial: [zeros], sequences: [inputs], captured: [recurrentKernel, ...activation.captured] },
      (body, { states: [h], elements: [input], captured: [kernel, ...slopes] }) => {
        const sum = c.add(body, input as never, c.gemm(body, h as never, kernel as never));
        const next = activation.apply(body, sum, slopes);
        return { next: [next], outputs: [next] };
      },
    );
    return answer(g, options, outputs[0], final[0]);
  },
  code(options, { inputFeatures }) {
    const { name, keras } = resolveActivation(options.activation);
    if (name === 'tanh') return recurrentCode({ pytorch: 'RNN', keras: 'SimpleRNN' }, options, inputFeatures);
    const torch =
      name === 'relu' ? ', nonlinearity="relu"' : `)  # PyTorch has tanh and relu only, not ${name}`;
    const activation = /Activation\((.*)\)$/.exec(keras)?.[1] ?? keras;
    return recurrentCode({ pytorch: 'RNN', keras: 'SimpleRNN' }, options, inputFeatures, {
      ...(name === 'relu' ? { pytorch: torch } : {}),
      keras: `, activation=${activation}`,
    });
  },
});
