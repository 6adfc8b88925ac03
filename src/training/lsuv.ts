/** @file Scales kernels so that every layer's output has unit variance on a batch (LSUV), from the first layer to the last. */
import { GraphBuilder, type Session } from '../graph/index.ts';
import { type BuiltLayer, buildNetwork, initializerKind } from '../network/index.ts';
import { type Checkpoint, createAskingSession } from './cancel.ts';
import { type CompileOptions, graphInputs, names } from './compile.ts';
import type { Model, ModelParameter } from './model.ts';
import { fillNoise } from './noise.ts';

/** As in the paper: a kernel is scaled again until the variance is this near to 1, at most so many times. */
const TOLERANCE = 0.01;
const ATTEMPTS = 10;

const scaled = ({ initializer }: ModelParameter): boolean =>
  initializerKind.resolve(initializer).unitVariance;

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
}

const preactivation = (layer: string) => `before the activation of ${layer}`;

interface Target {
  readonly layer: string;
  readonly kernel: Float32Array;
}

function targetsOf(layers: readonly BuiltLayer[], { parameters }: Model): Target[] {
  return layers.flatMap(({ name, preactivation: tensor }) => {
    const kernel = parameters.find((parameter) => parameter.layer === name && parameter.tensor === 'kernel');
    return tensor === null || kernel === undefined || !scaled(kernel)
      ? []
      : [{ layer: name, kernel: kernel.weights }];
  });
}

/** The kernel divided by the standard deviation of its outputs; a deviation that is 0 or not finite leaves it as it is. */
async function scaleKernel({ layer, kernel }: Target, session: Session): Promise<void> {
  const fetched = new Set([preactivation(layer)]);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await session.run(fetched);
    const found = variance(session.output(preactivation(layer)));
    if (!(found > 0) || !Number.isFinite(found) || Math.abs(found - 1) < TOLERANCE) return;
    const factor = 1 / Math.sqrt(found);
    for (let i = 0; i < kernel.length; i++) kernel[i] = (kernel[i] as number) * factor;
  }
}

/**
 * Where kernels ask for it, changes them in place.
 * @param firstBatch writes the inputs of the first training batch
 */
export async function scaleToUnitVariance(
  options: CompileOptions,
  model: Model,
  firstBatch: (bufferOf: (input: string) => Float32Array) => void,
  seed: number,
  checkpoint: Checkpoint,
): Promise<void> {
  if (!model.parameters.some(scaled)) return;
  const g = new GraphBuilder();
  const network = buildNetwork(g, options.layers, graphInputs(g, options), 'training');
  const targets = targetsOf(network.layers, model);
  for (const { name, preactivation: tensor } of network.layers) {
    if (tensor !== null && targets.some(({ layer }) => layer === name)) g.output(preactivation(name), tensor);
  }
  const session = await createAskingSession(checkpoint, g.finish(), model.buffers);
  try {
    firstBatch((input) => session.input(names.input(input)));
    for (const noise of network.noises) fillNoise(noise, session.input(noise.name), seed, 0);
    for (const target of targets) await scaleKernel(target, session);
  } finally {
    await session.release();
  }
}
