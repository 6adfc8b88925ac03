/** @file The theory of each type of layer. What is not listed here, the theory does not reach. */
import { type ActivationConfig, type PlacedLayer, resolveActivation } from '../../network/index.ts';
import { type Connections, convolutionConnections } from './connections.ts';
import {
  centered,
  diagonalMean,
  incoherent,
  pairwise,
  product,
  type Signal,
  scaled,
  sizeOf,
  sum,
  wholeOf,
} from './signal.ts';
import type { LayerTheory, NotReached, Surroundings, Transfer } from './transfer.ts';
import { isCentered } from './weights.ts';

const activationOf = (layer: PlacedLayer) =>
  resolveActivation((layer.options as { activation: ActivationConfig }).activation);

const identity = (input: Signal): Transfer => ({
  preactivation: input,
  backward: (gradient) => gradient,
  activation: null,
});

/**
 * x W + b with independent weights of mean 0: q = fan_in·Var(w)·E x_ax_b + E b². Backward the same with fan_out
 * (Schoenholz et al. 2017, arXiv:1611.01232, equations 3 and 9; He et al. 2015 for both fans).
 */
function affine(
  layer: PlacedLayer,
  input: Signal,
  { moments }: Surroundings,
  { shape, fanIn, fanOut, elements, perPosition }: Connections,
): Transfer | NotReached {
  const kernel = moments(layer.name, 'kernel');
  if (kernel === null) return { reason: 'the variance of its kernel is not known' };
  if (!isCentered(kernel, elements))
    return { reason: 'the mean of its kernel is not 0: it is no random matrix' };
  const bias = moments(layer.name, 'bias') ?? { mean: 0, variance: 0 };
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
      if (perPosition) visitor.kernel(layer.name, whole, gram);
      return {
        covariance: scaled(whole, fanOut * variance),
        radial: scaled(gradient.radial, fanIn * variance),
      };
    },
    activation: activationOf(layer),
  };
}

const dense: LayerTheory = (layer, input, surroundings) => {
  const { units } = layer.options as { units: number };
  const fanIn = input.shape.at(-1) ?? 1;
  return affine(layer, input, surroundings, {
    shape: [...input.shape.slice(0, -1), units],
    fanIn,
    fanOut: units,
    elements: fanIn * units,
    perPosition: input.shape.length === 1,
  });
};

const convolution: LayerTheory = (layer, input, surroundings) =>
  affine(layer, input, surroundings, convolutionConnections(layer, input.shape));

/**
 * Over the batch: moments of the deviations from the batch's mean, divided by their variance; the gradient loses the part
 * that the mean carries (Yang et al. 2019, arXiv:1902.08129, with the batch's variance taken as equal for all units).
 */
const batchNorm: LayerTheory = (layer, input) => {
  const { epsilon } = layer.options as { epsilon: number };
  const { samples, gram } = input;
  if (samples < 2) return { reason: 'a batch of one sample has no variance' };
  const deviations = centered(gram, samples);
  const variance = diagonalMean(deviations, samples);
  const factor = 1 / (variance + epsilon);
  const normalized = scaled(deviations, factor);
  return {
    preactivation: { ...input, gram: normalized, mean: new Float64Array(samples) },
    backward: ({ covariance }) =>
      incoherent(
        scaled(alongDeviations(centered(covariance, samples), normalized, samples), factor),
        samples,
      ),
    activation: null,
  };
};

/**
 * The gradient also loses its part along the normalized values ŷ, unit by unit: δ − ŷ (ŷ·δ)/n. With M = E ŷŷᵀ its trace
 * falls by tr(M C)/n; all moments are scaled so.
 */
function alongDeviations(covariance: Float64Array, normalized: Float64Array, samples: number): Float64Array {
  let overlap = 0;
  for (let i = 0; i < covariance.length; i++)
    overlap += (covariance[i] as number) * (normalized[i] as number);
  const total = samples * diagonalMean(covariance, samples);
  if (total === 0) return covariance;
  const kept = Math.max(0, 1 - overlap / (samples * total));
  return scaled(covariance, kept);
}

/** Per sample: (x − μ)/√(σ² + ε); the gradient's factor is 1/σ², less two of n directions. */
const layerNorm: LayerTheory = (layer, input) => {
  const { epsilon } = layer.options as { epsilon: number };
  return perSample(input, epsilon, input.mean, 2);
};

/** Per sample: x/√(E x² + ε). */
const rmsNorm: LayerTheory = (layer, input) => {
  const { epsilon } = layer.options as { epsilon: number };
  return perSample(input, epsilon, new Float64Array(input.samples), 1);
};

function perSample(input: Signal, epsilon: number, mean: Float64Array, directions: number): Transfer {
  const { samples, gram, shape } = input;
  const moment = (a: number, b: number) =>
    (gram[a * samples + b] as number) - (mean[a] as number) * (mean[b] as number);
  const roots = Float64Array.from({ length: samples }, (_, a) =>
    Math.sqrt(Math.max(0, moment(a, a)) + epsilon),
  );
  const factors = pairwise(samples, (a, b) => 1 / ((roots[a] as number) * (roots[b] as number)));
  const count = shape.length === 3 ? sizeOf(shape) : (shape.at(-1) ?? 1);
  const kept = Math.max(0, 1 - directions / count);
  return {
    preactivation: {
      ...input,
      gram: product(pairwise(samples, moment), factors),
      mean: input.mean.map((value, a) => (value - (mean[a] as number)) / (roots[a] as number)),
    },
    // The scale of the values is lost, and with it the part along them.
    backward: ({ covariance }) => incoherent(scaled(product(covariance, factors), kept), samples),
    activation: null,
  };
}

/** Kept with probability 1 − rate and scaled: only a sample's own moment grows (Schoenholz et al. 2017, section 4). */
const dropout: LayerTheory = (layer, input) => {
  const { rate } = layer.options as { rate: number };
  const factors = pairwise(input.samples, (a, b) => (a === b ? 1 / (1 - rate) : 1));
  return {
    preactivation: { ...input, gram: product(input.gram, factors) },
    backward: ({ covariance, radial }) => ({
      covariance: product(covariance, factors),
      radial: scaled(radial, 1 / (1 - rate)),
    }),
    activation: null,
  };
};

const gaussianNoise: LayerTheory = (layer, input) => {
  const { stddev } = layer.options as { stddev: number };
  const noise = pairwise(input.samples, (a, b) => (a === b ? stddev * stddev : 0));
  return { ...identity(input), preactivation: { ...input, gram: sum(input.gram, noise) } };
};

const activation: LayerTheory = (layer, input) => ({ ...identity(input), activation: activationOf(layer) });

const reshaped =
  (shapeOf: (layer: PlacedLayer, input: Signal) => readonly number[]): LayerTheory =>
  (layer, input) =>
    identity({ ...input, shape: shapeOf(layer, input) });

/** By type of layer. Composites are the network's (`network.ts`). */
export const layerTheories: Readonly<Record<string, LayerTheory>> = {
  dense,
  conv1d: convolution,
  conv2d: convolution,
  batch_norm: batchNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  dropout,
  gaussian_noise: gaussianNoise,
  activation,
  flatten: reshaped((_layer, input) => [sizeOf(input.shape)]),
  reshape: reshaped((layer) => (layer.options as { shape: number[] }).shape),
};

const RECURRENT = 'the theory of recurrent layers needs the correlation between time steps';
const POOLING = 'pooling depends on the correlation between positions';

/** Why there is no theory, by type. */
export const reasons: Readonly<Record<string, string>> = {
  simple_rnn: RECURRENT,
  lstm: RECURRENT,
  gru: RECURRENT,
  self_attention: 'attention weighs positions by their own products',
  max_pool2d: POOLING,
  average_pool2d: POOLING,
  global_average_pool1d: POOLING,
  global_average_pool2d: POOLING,
  embedding: 'tokens are no vectors: what follows depends on which of them recur',
  positional_embedding: 'positions differ from each other',
};
