/** @file The theory of normalizations: over the batch, and over the features of each sample. */
import {
  centered,
  diagonalMean,
  incoherent,
  pairwise,
  product,
  type Signal,
  scaled,
  sizeOf,
} from './signal.ts';
import type { NotReached, Transfer } from './transfer.ts';

/**
 * Over the batch: moments of the deviations from the batch's mean, divided by their variance; the gradient loses the part
 * that the mean carries (Yang et al. 2019, arXiv:1902.08129, with the batch's variance taken as equal for all units).
 */
export function overBatch(input: Signal, epsilon: number): Transfer | NotReached {
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
}

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

/**
 * (x − mean)/√(E (x − mean)² + ε), sample by sample.
 * @param mean what is subtracted, sample by sample
 * @param directions that the gradient loses of those of the normalized values
 * @param count of the values that are normalized together
 */
export function perSample(
  input: Signal,
  epsilon: number,
  mean: Float64Array,
  directions: number,
  count = input.shape.length === 3 ? sizeOf(input.shape) : (input.shape.at(-1) ?? 1),
): Transfer {
  const { samples, gram } = input;
  const moment = (a: number, b: number) =>
    (gram[a * samples + b] as number) - (mean[a] as number) * (mean[b] as number);
  const roots = Float64Array.from({ length: samples }, (_, a) =>
    Math.sqrt(Math.max(0, moment(a, a)) + epsilon),
  );
  const factors = pairwise(samples, (a, b) => 1 / ((roots[a] as number) * (roots[b] as number)));
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
