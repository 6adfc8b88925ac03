/** @file Mean and variance of a parameter's elements at the start: given weights, the initializer's formula, or a sample. */
import { createRandom } from '../../util/random.ts';
import type { NamedTensor } from '../../util/safetensors.ts';
import { type InitializerConfig, initializerKind } from '../initializers/index.ts';
import type { Initializer, Moments, Target } from '../initializers/initializer.ts';
import { sizeOf } from './signal.ts';

function momentsOf(values: ArrayLike<number>): Moments {
  let [mean, square] = [0, 0];
  for (let i = 0; i < values.length; i++) mean += (values[i] as number) / values.length;
  for (let i = 0; i < values.length; i++) square += ((values[i] as number) - mean) ** 2 / values.length;
  return { mean, variance: square };
}

/** Larger parameters are not drawn for a forecast. */
const MAX_SAMPLED = 300_000;

const sampled = new Map<string, Moments>();

/** A parameter of a network at its start. */
interface Drawn extends Target {
  readonly name: string;
  readonly initializer: InitializerConfig;
}

function sample(parameter: Drawn, initializer: Initializer): Moments | null {
  const size = sizeOf(parameter.shape);
  if (size > MAX_SAMPLED) return null;
  const key = JSON.stringify([parameter.initializer, parameter.shape]);
  let moments = sampled.get(key);
  if (moments === undefined) {
    const out = new Float32Array(size);
    initializer.fill(out, parameter, createRandom(0, 'preflight', key));
    moments = momentsOf(out);
    if (sampled.size > 500) sampled.clear();
    sampled.set(key, moments);
  }
  return moments;
}

export interface WeightMoments extends Moments {
  /** The training scales the kernel until the layer's output has unit variance. */
  readonly unit_variance: boolean;
}

/** Null where the initializer has no formula and the parameter is too large to be drawn. */
export function weightMoments(
  parameter: Drawn,
  given: ReadonlyMap<string, NamedTensor>,
): WeightMoments | null {
  const tensor = given.get(parameter.name);
  if (tensor !== undefined) return { ...momentsOf(tensor.data), unit_variance: false };
  const initializer = initializerKind.resolve(parameter.initializer);
  const moments = initializer.moments(parameter) ?? sample(parameter, initializer);
  return moments === null ? null : { ...moments, unit_variance: initializer.unitVariance };
}

/** A mean this far beyond what chance gives zero-mean weights, in standard errors, makes them no random matrix. */
const STANDARD_ERRORS = 5;

/** Whether a kernel has mean 0, as the theory needs. */
export const isCentered = ({ mean, variance }: Moments, elements: number): boolean =>
  Math.abs(mean) <= STANDARD_ERRORS * Math.sqrt(variance / elements);
