/** @file The theory of a kernel with random weights times the input: dense layers and convolutions. */
import { type ActivationConfig, resolveActivation } from '../activation_config.ts';
import type { Connections } from './connections.ts';
import { diagonalMean, type Signal, scaled, wholeOf } from './signal.ts';
import type { NotReached, Surroundings, Transfer } from './transfer.ts';
import { isCentered } from './weights.ts';

/**
 * x W + b with independent weights of mean 0: q = fan_in·Var(w)·E x_ax_b + E b². Backward the same with fan_out
 * (Schoenholz et al. 2017, arXiv:1611.01232, equations 3 and 9; He et al. 2015 for both fans).
 */
export function affine(
  input: Signal,
  { layer, moments }: Surroundings,
  { shape, fanIn, fanOut, elements, perPosition }: Connections,
  activation: ActivationConfig,
): Transfer | NotReached {
  const kernel = moments('kernel');
  if (kernel === null) return { reason: 'the variance of its kernel is not known' };
  if (!isCentered(kernel, elements))
    return { reason: 'the mean of its kernel is not 0: it is no random matrix' };
  const bias = moments('bias') ?? { mean: 0, variance: 0 };
  const { samples, gram } = input;
  const variance = kernel.unit_variance
    ? Math.max(0, 1 - bias.variance) / (fanIn * diagonalMean(gram, samples))
    : kernel.variance;
  const shift = bias.variance + bias.mean ** 2;
  const preactivation = {
    samples,
    shape,
    gram: gram.map((value) => fanIn * variance * value + shift),
    mean: new Float64Array(samples).fill(bias.mean),
  };
  return {
    preactivation,
    backward(gradient, visitor) {
      const whole = wholeOf(gradient, preactivation);
      if (perPosition) visitor.kernel(layer, whole, gram);
      return {
        covariance: scaled(whole, fanOut * variance),
        radial: scaled(gradient.radial, fanIn * variance),
      };
    },
    activation: resolveActivation(activation),
  };
}
