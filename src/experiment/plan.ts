/** @file What follows from an experiment without training it: layers, shapes, steps, sizes, cost. */
import { describeData, effectiveBatchSize, splitSizes } from '../data/index.ts';
import { bytesOf, flopsOf, GraphBuilder, sizeOf } from '../graph/index.ts';
import {
  type BuiltLayer,
  buildNetwork,
  type Loss,
  type LostMask,
  lossKind,
  type NetworkInput,
  networkInputs,
  type Parameter,
  type PlacedLayer,
  placeNetwork,
  type Running,
  smoothed,
} from '../network/index.ts';
import type { Experiment } from './schema.ts';
import { traceBytes } from './trace_size.ts';

/** Forward, gradient of the inputs, gradient of the weights: each about one forward pass. */
const BACKWARD_FACTOR = 3;

export interface Plan {
  readonly layers: readonly BuiltLayer[];
  readonly parameters: readonly Parameter[];
  readonly running: readonly Running[];
  readonly lost_masks: readonly LostMask[];
  readonly parameter_count: number;
  readonly output_shape: readonly number[];
  readonly batch_size: number;
  readonly steps: number;
  readonly steps_per_epoch: number;
  readonly training_samples: number;
  readonly validation_samples: number;
  readonly flops_per_step: number;
  /** Upper bound for one training at a time. */
  readonly memory_bytes: number;
  /** Bytes of the series that one training leaves. */
  readonly trace_bytes: number;
}

const placed = new WeakMap<Experiment['network'], readonly PlacedLayer[]>();

/** The layers of a checked experiment. Made once for its network, which nothing changes: a thousand layers take a quarter of a second. */
export function placedLayers({ network }: Pick<Experiment, 'network'>): readonly PlacedLayer[] {
  const layers = placed.get(network) ?? placeNetwork(network).layers;
  placed.set(network, layers);
  return layers;
}

export const inputsOf = (experiment: Pick<Experiment, 'network'>): NetworkInput[] =>
  networkInputs(experiment.network);

export const resolveLoss = ({ training }: Experiment): Loss =>
  smoothed(lossKind.resolve(training.loss), training.label_smoothing);

/** Number of updates, from `steps` or from `epochs` of the training split. */
function stepsOf(experiment: Experiment, trainingSamples: number): number {
  const { steps, epochs, batch_size } = experiment.training;
  if (steps !== undefined) return steps;
  return Math.max(
    1,
    Math.ceil(((epochs ?? 1) * trainingSamples) / effectiveBatchSize(batch_size, trainingSamples)),
  );
}

const plans = new WeakMap<Experiment, Plan>();

/**
 * Made once for an experiment, which nothing changes.
 * @param layers those of `placedLayers`, if somebody has them
 * @throws GraphShapeError naming the layer whose shapes do not fit
 */
export function planExperiment(experiment: Experiment, layers?: readonly PlacedLayer[]): Plan {
  const known = plans.get(experiment);
  if (known !== undefined) return known;
  const plan = makePlan(experiment, layers ?? placedLayers(experiment));
  plans.set(experiment, plan);
  return plan;
}

function makePlan(experiment: Experiment, layers: readonly PlacedLayer[]): Plan {
  const { samples } = describeData(experiment.data);
  const { training, validation } = splitSizes(samples, experiment.data.validation_split);
  const batchSize = effectiveBatchSize(experiment.training.batch_size, training);
  const g = new GraphBuilder();
  const inputs = new Map(
    inputsOf(experiment).map(({ name, shape }) => [name, g.input(`input ${name}`, [batchSize, ...shape])]),
  );
  const built = buildNetwork(g, layers, inputs, 'training');
  g.output('prediction', built.output);
  const graph = g.finish();
  const steps = stepsOf(experiment, training);
  const parameterCount = built.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    layers: built.layers,
    parameters: built.parameters,
    running: built.running,
    lost_masks: built.lost_masks,
    parameter_count: parameterCount,
    output_shape: built.output.shape.slice(1),
    batch_size: batchSize,
    steps,
    steps_per_epoch: Math.ceil(training / batchSize),
    training_samples: training,
    validation_samples: validation,
    flops_per_step: BACKWARD_FACTOR * flopsOf(graph),
    memory_bytes: BACKWARD_FACTOR * bytesOf(graph),
    trace_bytes: traceBytes(built, steps, experiment.diagnostics.probe_every),
  };
}

/** How many runs the baseline gets. */
export function baselineSeeds({ diagnostics, remedies, seed }: Experiment): number[] {
  const count = Math.max(diagnostics.seeds ?? 1, remedies.verify ? remedies.seeds : 1);
  return Array.from({ length: count }, (_, i) => seed + i);
}
