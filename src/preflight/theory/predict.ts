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
import { flattenLayers, type PlacedLayer } from '../../network/index.ts';
import {
  diagonalMean,
  gainOf,
  incoherent,
  measured,
  pairwise,
  type Signal,
  type WeightMoments,
  weightMoments,
} from '../../network/propagation/index.ts';
import { present } from '../../util/assert.ts';
import { gradientsOf, type Levels } from './gradients.ts';
import { arrivalsOf, type Passed, type Surroundings } from './network.ts';
import { routeOf } from './route.ts';
import { targetsOf } from './targets.ts';

/** So many samples of the batch are followed; pairs of them are what the theory costs. */
const MAX_SAMPLES = 24;
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
  const data = loadData(experiment.data, seed, inputsOf(experiment), resolveLoss(experiment).target);
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
