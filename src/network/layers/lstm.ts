/** @file Long short-term memory. */
import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { python } from './code.ts';
import { defineLayer } from './layer.ts';
import { recurrentMask, recurrentMaskCode } from './masks.ts';
import {
  createGates,
  gate,
  gatedCode,
  gatedOptions,
  gatedSteps,
  projectInputs,
  RECURRENT_THEORY,
  recurrentArity,
  recurrentCode,
  runThroughTime,
  statesBefore,
} from './recurrent.ts';

export const lstm = defineLayer({
  type: 'lstm',
  family: 'recurrent',
  arity: recurrentArity,
  title: 'Long short-term memory',
  formula:
    'i, f, g, o = σ, σ, φ, σ of the blocks of x W + h R + b; c ← f c + i g; h ← o φ(c), from 0 or from the second input [2·units], h then c; φ the activation, σ the ' +
    'recurrent activation; x [time, in], W (kernel) [in, 4·units], R (recurrent_kernel) [units, 4·units], b (bias) [4·units]',
  sources: ['Hochreiter & Schmidhuber 1997', 'Gers et al. 2000, Learning to forget'],
  options: {
    ...gatedOptions,
    unit_forget_bias: z.boolean().default(true).describe('The bias of the forget gate starts at 1'),
    return_cell: z
      .boolean()
      .default(false)
      .describe('The output is h, then c: 2·units numbers, which another lstm can take as its second input'),
  },
  mask: (context, _output, options) => recurrentMask(context, options),
  maskCode: recurrentMaskCode,
  build(context, x, options) {
    const { units, unit_forget_bias, return_cell } = options;
    const ones = unit_forget_bias ? ([units, 2 * units] as const) : undefined;
    const projected = projectInputs(context, x, 4, options, ones);
    const { zeros, recurrentKernel } = projected;
    const gates = createGates(context, zeros.shape[0] ?? 1, options);
    return runThroughTime(
      context,
      projected,
      options,
      statesBefore(context, projected, 2),
      [recurrentKernel, ...gates.captured],
      (b, states, input, inside) => {
        const [[h, cell], [kernel, ...rest]] = [states as [Tensor, Tensor], inside as [Tensor, ...Tensor[]]];
        const act = gates.within(b, rest);
        const sum = c.add(b, input, c.gemm(b, act.seen(h), kernel));
        const [i, f] = [0, 1].map((index) => act.gate(gate(b, sum, index, units))) as [Tensor, Tensor];
        const candidate = act.activate(gate(b, sum, 2, units));
        const nextCell = c.add(b, c.mul(b, f, cell), c.mul(b, i, candidate));
        const next = c.mul(b, act.gate(gate(b, sum, 3, units)), act.activate(nextCell));
        return { next: [next, nextCell] };
      },
      return_cell,
    );
  },
  theory: RECURRENT_THEORY,
  junction: () => ({ reason: RECURRENT_THEORY }),
  code: (options, context) =>
    recurrentCode(
      { pytorch: 'LSTM', keras: 'LSTM' },
      options,
      context,
      { ...gatedSteps(options), returnsCell: options.return_cell },
      gatedCode(options) + (options.unit_forget_bias ? '' : `, unit_forget_bias=${python(false)}`),
    ),
});
