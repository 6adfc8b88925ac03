/**
 * @file The theory's forecast for an experiment: every layer's scale of values and gradients at step 0, from mean-field
 * signal propagation over the first batch (Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232).
 */
import {
  createBatches,
  type DataSplits,
  type DataSummary,
  gatherInputs,
  loadData,
  summarizeData,
} from '../../data/index.ts';
import {
  type Experiment,
  initialWeights,
  inputsOf,
  type Plan,
  placedLayers,
  resolveLoss,
} from '../../experiment/index.ts';
import { flattenLayers, type PlacedLayer, sourceKey } from '../../network/index.ts';
import {
  activate,
  alongValues,
  type Covariance,
  combined,
  diagonalMean,
  type Gradient,
  gainOf,
  incoherent,
  isNotReached,
  measured,
  type NotReached,
  pairwise,
  product,
  type Signal,
  type Transfer,
  type Visitor,
  type WeightMoments,
  weightMoments,
  wholeOf,
} from '../../network/propagation/index.ts';
import { present } from '../../util/assert.ts';
import { createRandom } from '../../util/random.ts';
import { cholesky, type Draw, drawHead, type HeadLayer, type Targets } from './head.ts';
import {
  type Arrivals,
  arrivalsOf,
  backThrough,
  Gradients,
  type Journey,
  overflowOf,
  type Passed,
  passedOf,
  type Surroundings,
  transferOf,
  travel,
} from './network.ts';
import { targetsOf } from './targets.ts';

/** So many samples of the batch are followed; pairs of them are what the theory costs. */
const MAX_SAMPLES = 24;
/** Random networks that the end of the network is drawn for. */
const DRAWS = 64;
/** A draw of a wide output costs in proportion to the units. */
const MAX_DRAWN = 60_000;

export interface LayerForecast {
  readonly layer: string;
  readonly type: string;
  readonly reach: 'theory' | 'not_reached';
  /** Why there is no gradient, or nothing at all; else null. */
  readonly reason: string | null;
  /** Mean square of its output's elements over the batch. */
  readonly q: number | null;
  /** χ₁: the gradient's squared norm at its input over that at its output; σ_w² E φ′² of a dense layer. */
  readonly gain: number | null;
  /** Layers like this one over which the squared gradient norm changes by a factor of e: 1/|ln χ₁|. */
  readonly depth_scale: number | null;
  /** The root mean square of its output: root of q. */
  readonly predicted_forward_rms: number | null;
  /** The root mean square of the loss gradient at its output: metric `rms` of `output_gradient`. */
  readonly predicted_gradient_rms: number | null;
  /** Metric `rms` of `kernel.gradient`; null where it has no kernel, or one that meets several positions. */
  readonly predicted_kernel_gradient_rms: number | null;
  /** Standard deviation of log₁₀ over random networks, of either gradient; decades. */
  readonly gradient_spread: number | null;
}

export interface Prediction {
  /** What is known of the training split of the same seed. */
  readonly data: DataSummary;
  /** Whether the theory reaches every layer, gradients included. */
  readonly covers: boolean;
  /** The first layer whose output float32 cannot hold, and the root mean square that it would have. */
  readonly overflow: { readonly layer: string; readonly rms: number } | null;
  readonly layers: readonly LayerForecast[];
}

interface Samples {
  /** By input of the network. */
  readonly signals: ReadonlyMap<string, Signal>;
  readonly indices: Int32Array;
}

/** Moments of the first samples of the first batch. */
function inputOf(
  { data: { shuffle } }: Experiment,
  { training, inputs }: DataSplits,
  batchSize: number,
  seed: number,
): Samples {
  const batches = createBatches({ count: training.count, batchSize, shuffle, seed });
  const indices = batches.indices(0);
  const count = Math.min(indices.length, MAX_SAMPLES);
  const values = new Map(inputs.map(({ name, size }) => [name, new Float32Array(count * size)]));
  gatherInputs(training.inputs, inputs, indices.subarray(0, count), (name) => present(values.get(name)));
  const signals = inputs.map(
    ({ name, shape }) => [name, measured(present(values.get(name)), shape)] as const,
  );
  return { signals: new Map(signals), indices };
}

function surroundingsOf(experiment: Experiment, { parameters }: Plan): Surroundings {
  const given = initialWeights(experiment);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const known = new Map<string, WeightMoments | null>();
  return {
    moments(layer, tensor) {
      const name = `${layer}/${tensor}`;
      const parameter = byName.get(name);
      if (parameter === undefined) return null;
      const found = known.get(name);
      if (found !== undefined) return found;
      const moments = weightMoments(parameter, given);
      known.set(name, moments);
      return moments;
    },
  };
}

/** Layers that only apply an activation, and the layer before them, whose activation goes with them. */
function splitHead(layers: readonly PlacedLayer[]) {
  const last = layers.findLastIndex(({ type }) => type !== 'activation');
  return { body: layers.slice(0, last), last: layers[last], activations: layers.slice(last + 1) };
}

interface Head {
  readonly layers: readonly HeadLayer[];
  readonly preactivation: Signal;
  /** From the gradient at the preactivation to those at the layer's inputs. */
  readonly backward: Passed['backward'];
  /** The layer whose preactivation it is. */
  readonly layer: PlacedLayer;
  readonly passed: Passed | null;
}

type Route =
  | { readonly journey: Journey; readonly head: Head }
  | {
      readonly journey: Journey;
      readonly head: null;
      readonly reason: string;
      readonly stopped: Journey['stopped'];
    };

type End = Pick<Head, 'preactivation' | 'backward' | 'passed'> & Pick<Transfer, 'activation'>;

/** The last layer up to its activation; of a residual connection, or of several inputs, what they come to. */
function endOf(layer: PlacedLayer, arrivals: Arrivals, surroundings: Surroundings): End | NotReached {
  const [source, ...others] = layer.inputs;
  if (layer.type === 'residual' || others.length > 0 || source === undefined) {
    const { passed: all, stopped } = travel([layer], arrivals, surroundings);
    const passed = all[0];
    if (stopped !== null || passed === undefined) return stopped ?? { reason: 'it is empty' };
    return { preactivation: passed.output, backward: passed.backward, activation: null, passed };
  }
  const input = present(arrivals.get(sourceKey(source)), layer.name).signal;
  const transfer = transferOf(layer, input, surroundings);
  if (isNotReached(transfer)) return transfer;
  const { preactivation, activation } = transfer;
  const overflow = overflowOf(layer, preactivation);
  if (overflow !== null) return overflow;
  const activated = activate(transfer);
  const passed = isNotReached(activated) ? null : passedOf(layer, input, activated);
  return {
    preactivation,
    backward: (gradient, visitor) => [transfer.backward(gradient, visitor)],
    activation,
    passed,
  };
}

/** Through the body to the last preactivation. */
function routeOf(layers: readonly PlacedLayer[], inputs: Arrivals, surroundings: Surroundings): Route {
  const { body, last, activations } = splitHead(layers);
  const journey = travel(body, inputs, surroundings);
  const lost = (reason: string, stopped: Journey['stopped'] = null): Route => ({
    journey,
    head: null,
    reason,
    stopped,
  });
  if (journey.stopped !== null)
    return lost(`layer "${journey.stopped.layer}": ${journey.stopped.reason}`, journey.stopped);
  if (last === undefined) return lost('the network has no weights');
  const end = endOf(last, journey.arrivals, surroundings);
  if (isNotReached(end)) return lost(`layer "${last.name}": ${end.reason}`, { layer: last.name, ...end });
  const { activation, ...head } = end;
  if (head.preactivation.shape.length > 1)
    return lost('the output has several positions, whose correlation is not followed');
  const rest = activations.map((layer) => {
    const found = transferOf(layer, head.preactivation, surroundings);
    return { layer: layer.name, activation: isNotReached(found) ? null : found.activation };
  });
  return {
    journey,
    head: { ...head, layer: last, layers: [{ layer: last.name, activation }, ...rest] },
  };
}

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

interface Levels {
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

function gradientsOf(passed: readonly Passed[], head: Head, targets: Targets): Levels {
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

const withInside = (passed: readonly Passed[]): Passed[] =>
  passed.flatMap((one) => [one, ...withInside(one.inside)]);

/** The squared norm of a gradient that differs from sample to sample, at the inputs over that at the output. */
function gainOfPassed({ inputs, output, backward }: Passed): number {
  const { samples } = output;
  const unit = pairwise(samples, (a, b) => (a === b ? 1 : 0));
  return gainOf(inputs, output, backward(incoherent(unit, samples), { output() {}, kernel() {} }));
}

function depthScale(gain: number): number | null {
  const change = Math.abs(Math.log(gain));
  // Within rounding of 1 nothing changes over any depth.
  return change < 1e-9 || !Number.isFinite(change) ? null : 1 / change;
}

function unreached(layer: PlacedLayer, reason: string): LayerForecast {
  return {
    layer: layer.name,
    type: layer.type,
    reach: 'not_reached',
    reason,
    q: null,
    gain: null,
    depth_scale: null,
    predicted_forward_rms: null,
    predicted_gradient_rms: null,
    predicted_kernel_gradient_rms: null,
    gradient_spread: null,
  };
}

/** The penalty's part of a kernel's gradient, mean square: of 2·l2·w + l1·sign w. */
function penaltyOf({ training: { regularization } }: Experiment, kernel: WeightMoments | null): number {
  const { l1, l2 } = regularization;
  return kernel === null ? 0 : 4 * l2 * l2 * (kernel.variance + kernel.mean ** 2) + l1 * l1;
}

function forecastOf(
  layer: PlacedLayer,
  passed: Passed | undefined,
  gradients: Levels | null,
  missing: string | null,
  penalty: number,
): LayerForecast {
  const of = (levels: 'outputs' | 'kernels' | 'head') => gradients?.[levels].get(layer.name) ?? null;
  const [gradient, kernel] = [of('outputs'), of('kernels')];
  const own = passed === undefined ? null : diagonalMean(passed.output.gram, passed.output.samples);
  const drawn = of('head');
  const q = drawn === null ? own : drawn.value ** 2;
  if (q === null) return unreached(layer, missing ?? 'it is not followed');
  const gain = passed === undefined ? null : gainOfPassed(passed);
  return {
    layer: layer.name,
    type: layer.type,
    reach: 'theory',
    reason: gradient === null ? `no gradient: ${missing}` : null,
    q,
    gain,
    depth_scale: gain === null ? null : depthScale(gain),
    predicted_forward_rms: Math.sqrt(q),
    predicted_gradient_rms: gradient?.value ?? null,
    predicted_kernel_gradient_rms: kernel === null ? null : Math.hypot(kernel.value, Math.sqrt(penalty)),
    gradient_spread: gradient?.spread ?? null,
  };
}

/**
 * Predicts values and gradients of the first step, layer by layer, in the order of the plan.
 *
 * Values: q of every layer and the correlation of every pair of samples, by the moments of the initial weights. Gradients:
 * the loss' own at outputs drawn with the predicted moments, propagated back by χ = σ_w² E φ′φ′ for every pair. Both of a
 * training in float32 with widths of some hundred or more; the narrower a network, the wider its seeds scatter.
 * @param plan of the experiment
 * @param seed whose data are used
 */
export function predict(experiment: Experiment, plan: Plan, seed: number = experiment.seed): Prediction {
  const layers = placedLayers(experiment);
  const data = loadData(experiment.data, seed, inputsOf(experiment));
  const { signals, indices } = inputOf(experiment, data, plan.batch_size, seed);
  const surroundings = surroundingsOf(experiment, plan);
  const route = routeOf(layers, arrivalsOf(signals), surroundings);
  const gradients =
    route.head === null
      ? null
      : gradientsOf(
          route.journey.passed,
          route.head,
          targetsOf(experiment, resolveLoss(experiment), data, indices, plan.output_shape),
        );
  const end = route.head?.passed ?? null;
  const passed = new Map(
    withInside(end === null ? route.journey.passed : [...route.journey.passed, end]).map((one) => [
      one.layer.name,
      one,
    ]),
  );
  const [missing, stopped] = route.head === null ? [route.reason, route.stopped] : [null, null];
  const kernelPenalty = (layer: string) => penaltyOf(experiment, surroundings.moments(layer, 'kernel'));
  const forecasts = flattenLayers(layers).map((layer) =>
    forecastOf(layer, passed.get(layer.name), gradients, missing, kernelPenalty(layer.name)),
  );
  return {
    data: summarizeData(data, resolveLoss(experiment).target),
    covers: forecasts.every(({ reason }) => reason === null),
    overflow: stopped?.overflow === undefined ? null : { layer: stopped.layer, rms: stopped.overflow },
    layers: forecasts,
  };
}
