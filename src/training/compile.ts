/** @file From an experiment to graphs: one training step (forward, loss, gradients) and one inference pass. */
import { calculus as c, type Graph, GraphBuilder, gradients, type Tensor } from '../graph/index.ts';
import {
  type BuiltLayer,
  type BuiltNetwork,
  buildNetwork,
  type Judged,
  type Loss,
  type Mode,
  type NetworkInput,
  type Noise,
  type Parameter,
  type PlacedLayer,
  type Running,
  type WatchedStates,
} from '../network/index.ts';

/** Names of the graphs' inputs and outputs. Parameters, running averages and noises are inputs of their own name. */
export const names = {
  input: (name: string) => `input ${name}`,
  targets: 'targets',
  /** Weight of each target position; only where classes have weights. */
  weights: 'weights',
  loss: 'loss',
  /** Without the penalty; only where there is one. */
  dataLoss: 'data loss',
  /** The same with predictions and targets in the scale that the data have; only where targets are standardized. */
  originalLosses: 'losses in the original scale',
  /** Loss of each target position, without penalty. */
  losses: 'losses',
  /** [batch] What layers add to the loss of each sample; only where some do. */
  penalties: 'penalties of samples',
  prediction: 'prediction',
  /** [batch, time] of the prediction: which time steps the loss counts; only where some are masked. */
  mask: 'mask of the loss',
  output: (layer: string) => `output of ${layer}`,
  /** [batch, time], of a layer's output; only where some time steps are masked. */
  layerMask: (layer: string) => `mask of ${layer}`,
  outputGradient: (layer: string) => `gradient at ${layer}`,
  /** Of a recurrent layer: of its states at every time step. */
  stateGradient: (layer: string) => `gradient at the states of ${layer}`,
  gradient: (parameter: string) => `gradient of ${parameter}`,
  batchValue: (running: string) => `batch value of ${running}`,
} as const;

export interface CompileOptions {
  readonly layers: readonly PlacedLayer[];
  readonly inputs: readonly NetworkInput[];
  readonly batchSize: number;
  readonly loss: Loss;
  /** By what the targets were standardized: target = mean + std · what is trained on. */
  readonly targetMoments?: TargetMoments | null;
  readonly weighted: boolean;
  readonly regularization: { readonly l1: number; readonly l2: number };
}

export interface Compiled {
  readonly graph: Graph;
  readonly layers: readonly BuiltLayer[];
  readonly parameters: readonly Parameter[];
  readonly running: readonly Running[];
  readonly noises: readonly Noise[];
  readonly states: readonly WatchedStates[];
  /** What layers add to the loss of each sample. */
  readonly penalties: readonly Tensor[];
  /** Second predictions, whose loss is added in training. */
  readonly judged: readonly Judged[];
  /** Of the prediction. */
  readonly mask: Tensor | null;
  /** Of the losses of all target positions of a batch. */
  readonly positionShape: readonly number[];
}

/** Parameters that regularization counts as kernels. */
export const isKernel = (parameter: { readonly name: string }): boolean => parameter.name.endsWith('kernel');

interface TargetMoments {
  readonly mean: Float64Array;
  readonly std: Float64Array;
}

interface Forward {
  readonly g: GraphBuilder;
  readonly network: BuiltNetwork;
  readonly targets: Tensor;
  readonly losses: Tensor;
}

/** The inputs of the network in a graph, by their own names. */
export const graphInputs = (
  g: GraphBuilder,
  { inputs, batchSize }: Pick<CompileOptions, 'inputs' | 'batchSize'>,
): Map<string, Tensor> =>
  new Map(inputs.map(({ name, shape }) => [name, g.input(names.input(name), [batchSize, ...shape])]));

function buildForward(options: CompileOptions, mode: Mode): Forward {
  const { layers, loss } = options;
  const g = new GraphBuilder();
  const network = buildNetwork(g, layers, graphInputs(g, options), mode);
  const targets = g.input(names.targets, network.output.shape);
  return { g, network, targets, losses: loss.build(g, network.output, targets) };
}

/** l1 · Σ|w| + l2 · Σw² over the kernels. */
function penalty(
  g: GraphBuilder,
  network: BuiltNetwork,
  { l1, l2 }: CompileOptions['regularization'],
): Tensor[] {
  return network.parameters
    .filter(isKernel)
    .flatMap(({ value }) => [
      ...(l1 > 0 ? [c.mul(g, g.constant(l1), c.total(g, c.abs(g, value)))] : []),
      ...(l2 > 0 ? [c.mul(g, g.constant(l2), c.total(g, c.mul(g, value, value)))] : []),
    ]);
}

/**
 * Mean of the positions' losses, or Σwl/Σw, w the weights of classes, 0 at masked time steps; 0 where all are masked.
 * @param given the weights
 */
function mean(g: GraphBuilder, losses: Tensor, given: Tensor | null, mask: Tensor | null): Tensor {
  if (given === null && mask === null) return c.reduceMean(g, losses, [...losses.shape.keys()]);
  if (mask === null) {
    const weights = given as Tensor;
    return c.div(g, c.total(g, c.mul(g, losses, weights)), c.total(g, weights));
  }
  const shape = [...mask.shape, ...new Array<number>(losses.shape.length - mask.shape.length).fill(1)];
  const wide = c.expand(g, c.reshape(g, mask, shape), losses.shape);
  // Not 0 · loss, which is not a number where a masked loss is infinite.
  const kept = c.where(g, c.greater(g, wide, g.constant(0)), losses, g.constant(0));
  const weights = given === null ? wide : c.mul(g, wide, given);
  const total = c.total(g, weights);
  const divisor = c.where(g, c.greater(g, total, g.constant(0)), total, g.constant(1));
  return c.div(g, c.total(g, given === null ? kept : c.mul(g, kept, given)), divisor);
}

/**
 * One training step: loss, the gradient of every parameter, every layer's output and the loss gradient at it, and what
 * the running averages need. All of it is computed at every step, fetched or not, so that probing cannot change a result.
 */
export function compileTraining(options: CompileOptions): Compiled {
  const { g, network, losses, targets } = buildForward(options, 'training');
  const weights = options.weighted ? g.input(names.weights, losses.shape) : null;
  const data = mean(g, losses, weights, network.mask);
  const penalties = [
    ...penalty(g, network, options.regularization),
    ...network.penalties.map((term) => c.reduceMean(g, term, [0])),
    ...network.judged.map(({ output, weight }) =>
      c.mul(g, mean(g, options.loss.build(g, output, targets), weights, network.mask), g.constant(weight)),
    ),
  ];
  const loss = penalties.reduce((sum, term) => c.add(g, sum, term), data);
  g.output(names.loss, loss);
  if (penalties.length > 0) g.output(names.dataLoss, data);
  g.output(names.prediction, network.output);
  if (network.mask !== null) g.output(names.mask, network.mask);
  const wanted = [
    ...network.parameters.map(({ value }) => value),
    ...network.layers.map(({ output }) => output),
    ...network.states.map(({ value }) => value),
  ];
  const found = gradients(g, loss, wanted);
  network.parameters.forEach(({ name }, i) => {
    g.output(names.gradient(name), found[i] as Tensor);
  });
  network.layers.forEach(({ name, output, mask }, i) => {
    g.output(names.output(name), output);
    if (mask !== null) g.output(names.layerMask(name), mask);
    g.output(names.outputGradient(name), found[network.parameters.length + i] as Tensor);
  });
  network.states.forEach(({ layer }, i) => {
    const at = network.parameters.length + network.layers.length + i;
    g.output(names.stateGradient(layer), found[at] as Tensor);
  });
  for (const { name, update } of network.running) {
    if (update !== null) g.output(names.batchValue(name), update.batch);
  }
  return { ...network, graph: g.finish(), positionShape: losses.shape };
}

/** What every training step needs of the training graph: losses, gradients, values for the running averages. */
export function neededOutputs({ graph, parameters, running }: Compiled): ReadonlySet<string> {
  const needed = new Set<string>([
    ...[names.loss, names.dataLoss],
    ...parameters.map(({ name }) => names.gradient(name)),
    ...running.map(({ name }) => names.batchValue(name)),
  ]);
  return new Set(graph.outputs.map(({ name }) => name).filter((name) => needed.has(name)));
}

/** Losses of predictions and targets as they were before the targets were standardized. */
function originalLosses({ g, network, targets }: Forward, loss: Loss, { mean, std }: TargetMoments): Tensor {
  const shape = network.output.shape.slice(1);
  const wide = (values: Float64Array) =>
    g.tensor(
      shape,
      Float32Array.from(
        { length: values.length * loss.copies },
        (_, j) => values[Math.floor(j / loss.copies)] as number,
      ),
    );
  const back = (x: Tensor) => c.add(g, c.mul(g, x, wide(std)), wide(mean));
  return loss.build(g, back(network.output), back(targets));
}

/** One inference pass: predictions, losses of all positions, every layer's output. */
export function compileInference(options: CompileOptions): Compiled {
  const forward = buildForward(options, 'inference');
  const { g, network, losses } = forward;
  const { targetMoments = null } = options;
  if (targetMoments !== null)
    g.output(names.originalLosses, originalLosses(forward, options.loss, targetMoments));
  g.output(names.losses, losses);
  const [first, ...others] = network.penalties;
  if (first !== undefined)
    g.output(
      names.penalties,
      others.reduce((sum, term) => c.add(g, sum, term), first),
    );
  g.output(names.prediction, network.output);
  if (network.mask !== null) g.output(names.mask, network.mask);
  for (const { name, output, mask } of network.layers) {
    g.output(names.output(name), output);
    if (mask !== null) g.output(names.layerMask(name), mask);
  }
  return { ...network, graph: g.finish(), positionShape: losses.shape };
}
