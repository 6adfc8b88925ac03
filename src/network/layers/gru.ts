/** @file The gated recurrent unit. */
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import {
  gate,
  projectInputs,
  RECURRENT_THEORY,
  recurrentCode,
  recurrentOptions,
  runThroughTime,
} from './recurrent.ts';

export const gru = defineLayer({
  type: 'gru',
  family: 'recurrent',
  title: 'Gated recurrent unit',
  formula:
    'z, r = σ of the first two blocks of x W + h R + b; h̃ = tanh(x Wₕ + (r h) Rₕ + bₕ); h ← z h + (1 − z) h̃, from 0; x ' +
    '[time, in], W (kernel) [in, 3·units], R (recurrent_kernel) [units, 3·units], b (bias) [3·units], blocks z, r, h',
  sources: ['Cho et al. 2014, arXiv:1406.1078, version 1 (the reset gate acts before the product)'],
  options: recurrentOptions,
  build(context, x, options) {
    const { g } = context;
    const { units } = options;
    const projected = projectInputs(context, x, 3, options);
    const { zeros, recurrentKernel } = projected;
    const captured = [gate(g, recurrentKernel, 0, units, 2), gate(g, recurrentKernel, 2, units)];
    return runThroughTime(context, projected, options, [zeros], captured, (b, states, input, inside) => {
      const [[h], [forGates, forCandidate]] = [states as [Tensor], inside as [Tensor, Tensor]];
      const gates = c.sigmoid(b, c.add(b, gate(b, input, 0, units, 2), c.gemm(b, h, forGates)));
      const [z, r] = [gate(b, gates, 0, units), gate(b, gates, 1, units)];
      const reset = c.gemm(b, c.mul(b, r, h), forCandidate);
      const candidate = c.tanh(b, c.add(b, gate(b, input, 2, units), reset));
      const fresh = c.mul(b, c.sub(b, b.constant(1), z), candidate);
      return { next: [c.add(b, c.mul(b, z, h), fresh)] };
    });
  },
  theory: RECURRENT_THEORY,
  // PyTorch's GRU resets after the product: the nearest that it has.
  code: (options, { inputFeatures }) =>
    recurrentCode({ pytorch: 'GRU', keras: 'GRU' }, options, inputFeatures, { keras: ', reset_after=False' }),
});
