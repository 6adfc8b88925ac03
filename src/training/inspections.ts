/**
 * @file What single steps cannot tell: units that are copies of each other, the gradient's signal against its noise, the
 * loss's sharpest curvature. Each runs the training graph at fixed weights, which it leaves as they were, bit for bit;
 * a cancel ends it with the weights moved, after which nobody reads them.
 */
import type { TiedUnits } from '../statistics/index.ts';
import { createRandom } from '../util/random.ts';
import { isKernel } from './compile.ts';
import type { Model, ModelParameter } from './model.ts';
import type { Stepper } from './step.ts';

/** Rounding may differ from unit to unit by the place in a vector register: relative to the largest gradient. */
const SAME_GRADIENT = 1e-4;

/** Where the numbers of one unit (column of a matrix, first axis of a convolution) lie in its kernel. */
function unitsOf({ shape }: ModelParameter): {
  units: number;
  at: (unit: number, index: number) => number;
  size: number;
} {
  const total = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 2) {
    const units = shape[1] as number;
    return { units, size: total / units, at: (unit, index) => index * units + unit };
  }
  const units = shape[0] as number;
  const size = total / units;
  return { units, size, at: (unit, index) => unit * size + index };
}

function tiedIn(parameter: ModelParameter): TiedUnits {
  const { units, at, size } = unitsOf(parameter);
  const { weights, gradient } = parameter;
  const largest = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
  const sameWeights = (a: number, b: number): boolean => {
    for (let i = 0; i < size; i++) if (weights[at(a, i)] !== weights[at(b, i)]) return false;
    return true;
  };
  const sameGradient = (a: number, b: number): boolean => {
    for (let i = 0; i < size; i++) {
      const gap = Math.abs((gradient[at(a, i)] as number) - (gradient[at(b, i)] as number));
      if (!(gap <= SAME_GRADIENT * largest)) return false;
    }
    return true;
  };
  let tied = 0;
  // Copies of the first unit, of the last, and of the one before: constant kernels are the case that happens.
  for (let unit = 0; unit < units; unit++) {
    const others = [0, units - 1, unit - 1].filter((other) => other !== unit && other >= 0);
    if (others.some((other) => sameWeights(unit, other) && sameGradient(unit, other))) tied++;
  }
  return { layer: parameter.layer, tensor: parameter.tensor, units, tied };
}

/** Kernels whose units have a matrix column, or a filter, of their own. */
const hasUnits = ({ tensor, shape }: ModelParameter): boolean => tensor === 'kernel' && shape.length >= 2;

/**
 * Units with the same weights and the same gradient: they stay copies for good, whatever the training does.
 * After `stepper.compute(0)`.
 */
export const tiedUnits = (model: Model): TiedUnits[] => model.parameters.filter(hasUnits).map(tiedIn);

/** Batches that signal and noise are told from: many of small batches, whose gradients are mostly noise. */
const batchesFor = (batchSize: number): number => Math.max(8, Math.min(32, Math.ceil(256 / batchSize)));

/**
 * ‖E g‖² / E‖g − E g‖² over mini-batches at fixed weights, both without bias: with mean m and summed variance s of K
 * batches, (‖m‖² − s/K) / s, not below 0. ∞ where all batches give the same gradient.
 * Source: Cockpit (Schneider et al. 2021, arXiv:2102.06604) reports the like; torchmortem: a ratio below 1 is noise.
 */
export async function signalToNoise(
  stepper: Stepper,
  model: Model,
  step: number,
  batchSize: number,
): Promise<number> {
  const batches = batchesFor(batchSize);
  const mean = new Float64Array(model.gradient.length);
  const samples: Float32Array[] = [];
  for (let k = 0; k < batches; k++) {
    await stepper.compute(step + k);
    samples.push(model.gradient.slice());
    for (let i = 0; i < mean.length; i++)
      mean[i] = (mean[i] as number) + (model.gradient[i] as number) / batches;
  }
  let noise = 0;
  for (const sample of samples) {
    for (let i = 0; i < mean.length; i++) noise += ((sample[i] as number) - (mean[i] as number)) ** 2;
  }
  noise /= batches - 1;
  const signal = dot(mean, mean) - noise / batches;
  // Equal batches differ by rounding at most.
  if (noise <= 1e-12 * signal) return Number.POSITIVE_INFINITY;
  return Math.max(0, signal) / noise;
}

/** The penalty's pull on one kernel beside the data's. */
export interface PenaltyPull {
  readonly layer: string;
  readonly tensor: string;
  /** ‖∂penalty/∂w‖ / ‖∂data loss/∂w‖ */
  readonly pull: number;
  /** −cos of the angle between the two: 1 where the penalty holds the weights against the data. */
  readonly opposition: number;
}

/** The mean over so many batches: one alone is mostly noise. */
const PULL_BATCHES = 8;

/** Gradients of the penalty l1·Σ|w| + l2·Σw² and of the data loss, kernel by kernel, at fixed weights, in float64. */
export async function penaltyPull(
  stepper: Stepper,
  model: Model,
  step: number,
  { l1, l2 }: { readonly l1: number; readonly l2: number },
): Promise<PenaltyPull[]> {
  const kernels = model.parameters.filter(isKernel);
  const means = kernels.map(({ gradient }) => new Float64Array(gradient.length));
  for (let k = 0; k < PULL_BATCHES; k++) {
    await stepper.compute(step + k);
    kernels.forEach(({ gradient }, j) => {
      const mean = means[j] as Float64Array;
      for (let i = 0; i < mean.length; i++)
        mean[i] = (mean[i] as number) + (gradient[i] as number) / PULL_BATCHES;
    });
  }
  return kernels.map(({ layer, tensor, weights }, j) => {
    let [penalty, data, product] = [0, 0, 0];
    (means[j] as Float64Array).forEach((gradient, i) => {
      const w = weights[i] as number;
      const own = l1 * Math.sign(w) + 2 * l2 * w;
      penalty += own ** 2;
      data += (gradient - own) ** 2;
      product += own * (gradient - own);
    });
    const opposition = penalty === 0 || data === 0 ? 0 : -product / Math.sqrt(penalty * data);
    return { layer, tensor, pull: penalty === 0 ? 0 : Math.sqrt(penalty / data), opposition };
  });
}

/** Power iteration converges by the ratio of the two largest eigenvalues: enough to be within some per cent. */
const ITERATIONS = 8;
/** Of the weights' norm: long enough that the gradients' difference has digits left in float32. */
const STEP_LENGTH = 1e-3;

/** In plain loops: a callback for every element takes as long as the passes over the batch. */
function dot(a: Float64Array | Float32Array, b: Float64Array | Float32Array, divisor = 1): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) * (b[i] as number)) / divisor;
  return sum;
}

const normOf = (values: Float64Array | Float32Array): number => Math.sqrt(dot(values, values));

/**
 * Largest Hessian eigenvalue (by magnitude) of the loss on the batch of `step`, by power iteration on differences of
 * gradients: Hv ≈ (∇L(w + εv) − ∇L(w − εv)) / 2ε. NaN where a gradient is not finite.
 * Source: Cohen et al. 2021, arXiv:2103.00065.
 */
export async function sharpness(stepper: Stepper, model: Model, step: number, seed: number): Promise<number> {
  const { weights, gradient } = model;
  const kept = weights.slice();
  const epsilon = STEP_LENGTH * Math.max(1e-3, normOf(kept));
  const random = createRandom(seed, 'sharpness', step);
  const direction = Float64Array.from(kept, () => random.normal());
  const product = new Float64Array(kept.length);
  const ahead = new Float32Array(kept.length);
  let norm = normOf(direction);
  let eigenvalue = Number.NaN;
  const computeAt = async (distance: number): Promise<void> => {
    for (let i = 0; i < kept.length; i++) {
      weights[i] = (kept[i] as number) + (distance * (direction[i] as number)) / norm;
    }
    await stepper.compute(step);
  };
  for (let iteration = 0; iteration < ITERATIONS && norm > 0; iteration++) {
    await computeAt(epsilon);
    ahead.set(gradient);
    await computeAt(-epsilon);
    for (let i = 0; i < product.length; i++) {
      product[i] = ((ahead[i] as number) - (gradient[i] as number)) / (2 * epsilon);
    }
    eigenvalue = dot(product, direction, norm);
    direction.set(product);
    norm = normOf(direction);
    if (!Number.isFinite(norm)) break;
  }
  weights.set(kept);
  return eigenvalue;
}

/** Running the graph this often is worth it up to so many weights. */
export const MAX_INSPECTED_PARAMETERS = 300_000;
