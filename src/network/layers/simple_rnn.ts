/** @file The plain recurrent layer. */
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { activationSchema } from '../activation_config.ts';
import { defineLayer } from './layer.ts';
import { recurrentMask, recurrentMaskCode } from './masks.ts';
import {
  kerasActivation,
  projectInputs,
  RECURRENT_THEORY,
  recurrentArity,
  recurrentCode,
  recurrentOptions,
  runThroughTime,
  statesBefore,
} from './recurrent.ts';

export const simpleRnn = defineLayer({
  type: 'simple_rnn',
  family: 'recurrent',
  arity: recurrentArity,
  title: 'Simple recurrent layer',
  synonyms: ['rnn'],
  formula:
    'h ← φ(x W + h R + b), from 0 or from the second input [units]; x [time, in], W (kernel) [in, units], R (recurrent_kernel) [units, units], b (bias) ' +
    '[units]',
  sources: ['Elman 1990, Finding structure in time'],
  options: { ...recurrentOptions, activation: activationSchema.default('tanh') },
  mask: (context, _output, options) => recurrentMask(context, options),
  maskCode: recurrentMaskCode,
  build(context, x, options) {
    const projected = projectInputs(context, x, 1, options);
    const activation = context.activateInLoop(options.units, options.activation);
    const captured = [projected.recurrentKernel, ...activation.captured];
    return runThroughTime(
      context,
      projected,
      options,
      statesBefore(context, projected),
      captured,
      (b, [h], input, inside) => {
        const [kernel, ...slopes] = inside as [Tensor, ...Tensor[]];
        const sum = c.add(b, input, c.gemm(b, h as Tensor, kernel));
        return { next: [activation.apply(b, sum, slopes)] };
      },
    );
  },
  theory: RECURRENT_THEORY,
  junction: () => ({ reason: RECURRENT_THEORY }),
  code(options, context) {
    const { activation } = options;
    return recurrentCode(
      { pytorch: 'RNN', keras: 'SimpleRNN' },
      options,
      context,
      { activation },
      kerasActivation('activation', activation, 'tanh'),
    );
  },
});
