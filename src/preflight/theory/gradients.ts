/**
 * @file Gradients at the first step: the loss gradient at outputs that are drawn with the predicted moments, then back through
 * the layers that were passed.
 */
import {
  alongValues,
  type Covariance,
  combined,
  diagonalMean,
  type Gradient,
  incoherent,
  pairwise,
  product,
  type Visitor,
  wholeOf,
} from '../../network/propagation/index.ts';
import { createRandom } from '../../util/random.ts';
import { cholesky, type Draw, drawHead, type Targets } from './head.ts';
import { backThrough, Gradients, type Passed } from './network.ts';
import type { Head } from './route.ts';

/** Random networks that the end of the network is drawn for. */
const DRAWS = 64;
/** A draw of a wide output costs in proportion to the units. */
const MAX_DRAWN = 60_000;

/** Mean and deviation of log₁₀ of a root mean square. */
interface Level {
  readonly value: number;
  readonly spread: number;
}

function levelOf(squares: readonly number[]): Level {
  const logarithms = squares.map((value) => Math.log10(value) / 2);
  const mean = logarithms.reduce((total, value) => total + value / logarithms.length, 0);
  // A gradient of exactly 0 has no logarithm.
  if (mean === Number.NEGATIVE_INFINITY) return { value: 0, spread: 0 };
  const variance = logarithms.reduce((total, value) => total + (value - mean) ** 2 / logarithms.length, 0);
  return { value: 10 ** mean, spread: Math.sqrt(variance) };
}

export interface Levels {
  readonly outputs: ReadonlyMap<string, Level>;
  readonly kernels: ReadonlyMap<string, Level>;
  /** Of the head's outputs. */
  readonly head: ReadonlyMap<string, Level>;
}

function total(matrix: Float64Array): number {
  let found = 0;
  for (let i = 0; i < matrix.length; i++) found += matrix[i] as number;
  return found;
}

const pairsOf = (matrix: Float64Array, samples: number) =>
  total(matrix) - samples * diagonalMean(matrix, samples);

/** What the draws have in common, and how each of them differs from that. */
interface Draws {
  /** At the last preactivation, the mean of all draws. */
  readonly gradient: Gradient;
  /** For each draw, its mean square over that of all draws. */
  readonly sizes: readonly number[];
  /** For each draw, |Σ δ_a|² − Σ |δ_a|² over the batch. */
  readonly pairs: readonly number[];
  readonly head: ReadonlyMap<string, Level>;
  readonly headGradients: ReadonlyMap<string, Level>;
}

function drawsOf({ layers, preactivation: signal }: Head, targets: Targets): Draws {
  const { samples, gram, mean } = signal;
  const deviations = pairwise(
    samples,
    (a, b) => (gram[a * samples + b] as number) - (mean[a] as number) * (mean[b] as number),
  );
  const lower = cholesky(deviations, samples);
  const count = Math.max(4, Math.min(DRAWS, Math.floor(MAX_DRAWN / samples / (signal.shape[0] ?? 1))));
  const draws = Array.from({ length: count }, (_, i) => {
    // In pairs of opposite signs: their mean has no part of the loss gradient that is odd by chance.
    const random = createRandom(0, 'preflight', i >> 1);
    return drawHead(layers, signal, lower, targets, () => (i % 2 === 0 ? 1 : -1) * random.normal());
  });
  const covariance = new Float64Array(samples * samples);
  const radial = new Float64Array(samples);
  for (const draw of draws) {
    for (let i = 0; i < covariance.length; i++)
      covariance[i] = (covariance[i] as number) + (draw.covariance[i] as number) / count;
    for (let a = 0; a < samples; a++) radial[a] = (radial[a] as number) + (draw.radial[a] as number) / count;
  }
  const own = diagonalMean(covariance, samples);
  const levels = (read: (layer: Draw['layers'][number]) => number) =>
    new Map(
      layers.map(({ layer }, i) => [
        layer,
        levelOf(draws.map((draw) => read(draw.layers[i] as Draw['layers'][number]))),
      ]),
    );
  const along = alongValues(radial, signal);
  return {
    gradient: { covariance: combined(covariance, along, -1), radial },
    sizes: draws.map((draw) => (own === 0 ? 0 : diagonalMean(draw.covariance, samples) / own)),
    pairs: draws.map((draw) => draw.pairs),
    head: levels(({ output }) => output),
    headGradients: levels(({ gradient }) => gradient),
  };
}

/** No sum over a batch cancels better than to this fraction of what its samples would give alone. */
const CANCELLATION = 1e-3;

/**
 * Mean square of a kernel's gradient, Σ_ab E δ_aδ_b E x_ax_b over the batch, in each draw. What all pairs of samples have in
 * common (`coherent`, times the pairs of the whole batch) is taken draw by draw: where samples have become alike, the
 * gradient is what is left of a sum that nearly cancels.
 * @param moments E δ_aδ_b E x_ax_b of the samples that are followed
 * @param gradient at the last preactivation
 */
function kernelSquares(
  moments: Float64Array,
  gradient: Covariance,
  coherent: number,
  { sizes, pairs }: Draws,
  batch: number,
  samples: number,
): number[] {
  const own = batch * diagonalMean(moments, samples);
  const share = (batch * (batch - 1)) / Math.max(1, samples * (samples - 1));
  const rest = share * (pairsOf(moments, samples) - coherent * pairsOf(gradient, samples));
  return sizes.map((size, i) =>
    Math.max(CANCELLATION * own * size, (own + rest) * size + coherent * (pairs[i] as number)),
  );
}

const throughHead = ({ layer, backward }: Head, gradient: Gradient, visitor: Visitor): Gradients =>
  new Gradients().add(layer.inputs, backward(gradient, visitor));

/** For each kernel, the mean over pairs of what stays of a gradient that is the same for all samples, times E x_ax_b. */
function coherence(passed: readonly Passed[], head: Head, samples: number): Map<string, number> {
  const found = new Map<string, number>();
  const pairs = Math.max(1, samples * (samples - 1));
  const visitor: Visitor = {
    output() {},
    kernel(layer, covariance, inputs) {
      const moments = product(covariance, inputs);
      found.set(layer, pairsOf(moments, samples) / pairs);
    },
  };
  const same = incoherent(new Float64Array(samples * samples).fill(1), samples);
  backThrough(passed, throughHead(head, same, visitor), visitor);
  return found;
}

export function gradientsOf(passed: readonly Passed[], head: Head, targets: Targets): Levels {
  const { samples } = head.preactivation;
  const draws = drawsOf(head, targets);
  const common = coherence(passed, head, samples);
  const top = wholeOf(draws.gradient, head.preactivation);
  const outputs = new Map(draws.headGradients);
  const kernels = new Map<string, Level>();
  const visitor: Visitor = {
    output(layer, covariance) {
      const square = diagonalMean(covariance, samples);
      outputs.set(layer, levelOf(draws.sizes.map((size) => size * square)));
    },
    kernel(layer, covariance, inputs) {
      const moments = product(covariance, inputs);
      const coherent = common.get(layer) ?? 0;
      const squares = kernelSquares(moments, top, coherent, draws, targets.rows.length, samples);
      kernels.set(layer, levelOf(squares));
    },
  };
  backThrough(passed, throughHead(head, draws.gradient, visitor), visitor);
  return { outputs, kernels, head: draws.head };
}
