/** @file The gated recurrent unit. */
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

type Four = [Tensor, Tensor, Tensor, Tensor, ...Tensor[]];

export const gru = defineLayer({
  type: 'gru',
  family: 'recurrent',
  arity: recurrentArity,
  title: 'Gated recurrent unit',
  formula:
    'z, r = σ of the first two blocks of x W + h R + b; h̃ = tanh(x Wₕ + (r h) Rₕ + bₕ); h ← z h + (1 − z) h̃, from 0 or from the second input [units]; x ' +
    '[time, in], W (kernel) [in, 3·units], R (recurrent_kernel) [units, 3·units], b (bias) [3·units], blocks z, r, h; ' +
    'reset_after: h̃ = tanh(x Wₕ + r (h Rₕ + dₕ) + bₕ), d (recurrent_bias) [3·units] added in all blocks',
  sources: ['Cho et al. 2014, arXiv:1406.1078, version 1 (the reset gate acts before the product)'],
  options: {
    ...gatedOptions,
    reset_after: z
      .boolean()
      .default(false)
      .describe(
        'The reset gate multiplies the recurrent product, which has a bias of its own, not the state before it',
      ),
  },
  mask: (context, _output, options) => recurrentMask(context, options),
  maskCode: recurrentMaskCode,
  build(context, x, options) {
    const { g } = context;
    const { units, reset_after } = options;
    const projected = projectInputs(context, x, 3, options);
    const { zeros, recurrentKernel } = projected;
    const gates = createGates(context, zeros.shape[0] ?? 1, options);
    const bias =
      reset_after && options.use_bias
        ? context.parameter('recurrent_bias', [3 * units], {
            fanIn: units,
            fanOut: 3 * units,
            initializer: options.bias_initializer,
          })
        : c.zeros(g, [3 * units]);
    const row = c.reshape(g, bias, [1, 3 * units]);
    const kernels = [recurrentKernel, row].flatMap((whole) => [
      gate(g, whole, 0, units, 2),
      gate(g, whole, 2, units),
    ]);
    const captured = [...kernels, ...gates.captured];
    return runThroughTime(
      context,
      projected,
      options,
      statesBefore(context, projected),
      captured,
      (b, states, input, inside) => {
        const [h] = states as [Tensor];
        const [forGates, forCandidate, gateBias, candidateBias, ...rest] = inside as Four;
        const act = gates.within(b, rest);
        const seen = act.seen(h);
        const summed = c.add(b, gate(b, input, 0, units, 2), c.gemm(b, seen, forGates));
        const both = reset_after ? c.add(b, summed, gateBias) : summed;
        const [update, r] = [0, 1].map((index) => act.gate(gate(b, both, index, units))) as [Tensor, Tensor];
        const reset = reset_after
          ? c.mul(b, r, c.add(b, c.gemm(b, seen, forCandidate), candidateBias))
          : c.gemm(b, c.mul(b, r, seen), forCandidate);
        const candidate = act.activate(c.add(b, gate(b, input, 2, units), reset));
        const fresh = c.mul(b, c.sub(b, b.constant(1), update), candidate);
        return { next: [c.add(b, c.mul(b, update, h), fresh)] };
      },
    );
  },
  theory: RECURRENT_THEORY,
  junction: () => ({ reason: RECURRENT_THEORY }),
  code: (options, context) =>
    recurrentCode(
      { pytorch: 'GRU', keras: 'GRU' },
      options,
      context,
      { ...gatedSteps(options), resetFirst: !options.reset_after },
      gatedCode(options) + (options.reset_after ? '' : `, reset_after=${python(false)}`),
    ),
});
