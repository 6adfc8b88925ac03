/** @file The numbers of a network in training: weights, gradients and running averages, each in one flat array. */
import { sizeOf } from '../graph/index.ts';
import type { Arena } from '../kernels/index.ts';
import { initializerKind, type Parameter, type Running } from '../network/index.ts';
import { present } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import type { NamedTensor } from '../util/safetensors.ts';
import { type Checkpoint, neverCanceled } from './cancel.ts';
import { names } from './compile.ts';

export interface ModelParameter extends Omit<Parameter, 'value'> {
  /** Views into the flat arrays. */
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
}

export interface Model {
  /** All weights, parameter after parameter. */
  readonly weights: Float32Array;
  readonly gradient: Float32Array;
  readonly parameters: readonly ModelParameter[];
  readonly running: ReadonlyMap<string, Float32Array>;
  /** Buffers by graph input and output name, for the sessions. */
  readonly buffers: ReadonlyMap<string, Float32Array>;
}

/** Weights drawn from each parameter's initializer, in a stream of its own: the same whatever else the network holds. */
export function createModel(
  parameters: readonly Parameter[],
  running: readonly Running[],
  seed: number,
  arena: Arena,
  checkpoint: Checkpoint = neverCanceled,
): Model {
  const total = parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const weights = arena.floats(total);
  const gradient = arena.floats(total);
  let offset = 0;
  const placed = parameters.map(({ value: _tensor, ...parameter }) => {
    checkpoint();
    const end = offset + sizeOf(parameter.shape);
    const views = { weights: weights.subarray(offset, end), gradient: gradient.subarray(offset, end) };
    offset = end;
    const random = createRandom(seed, 'weights', parameter.name);
    initializerKind.resolve(parameter.initializer).fill(views.weights, parameter, random, checkpoint);
    if (parameter.ones !== undefined) views.weights.fill(1, ...parameter.ones);
    return { ...parameter, ...views };
  });
  const averages = new Map(
    running.map(({ name, shape, initial }) => [name, new Float32Array(sizeOf(shape)).fill(initial)]),
  );
  const buffers = new Map<string, Float32Array>(averages);
  for (const parameter of placed) {
    buffers.set(parameter.name, parameter.weights);
    buffers.set(names.gradient(parameter.name), parameter.gradient);
  }
  return { weights, gradient, parameters: placed, running: averages, buffers };
}

/** Overwrites what is given by name, weights or running averages. */
export function setWeights(model: Model, given: ReadonlyMap<string, NamedTensor>): void {
  for (const [name, { data }] of given) present(model.buffers.get(name), name).set(data);
}

/** A copy of all weights and running averages. */
export const copyWeights = ({ parameters, running }: Model): Map<string, NamedTensor> =>
  new Map([
    ...parameters.map(({ name, shape, weights }) => [name, { shape, data: weights.slice() }] as const),
    ...[...running].map(([name, data]) => [name, { shape: [data.length], data: data.slice() }] as const),
  ]);

/** r ← momentum · r + (1 − momentum) · batch */
export function updateRunning(average: Float32Array, batch: Float32Array, momentum: number): void {
  for (let i = 0; i < average.length; i++) {
    average[i] = momentum * (average[i] as number) + (1 - momentum) * (batch[i] as number);
  }
}
