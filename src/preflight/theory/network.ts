/** @file The signal's way through layers, residual connections included, until a layer that the theory does not reach. */
import type { PlacedLayer } from '../../network/index.ts';
import {
  activate,
  alongValues,
  type Backward,
  combined,
  type Gradient,
  isNotReached,
  largestRms,
  MAX_FLOAT32,
  type NotReached,
  type Signal,
  scaled,
  sizeOf,
  sum,
  type Transfer,
  type Visitor,
  type WeightMoments,
  wholeOf,
} from '../../network/propagation/index.ts';

/** What is known of the weights at the start. */
export interface Surroundings {
  /** Moments of a parameter; null where it has none or they are not known. */
  moments(layer: string, tensor: string): WeightMoments | null;
}

/** A layer that a signal has passed. */
export interface Passed {
  readonly layer: PlacedLayer;
  readonly input: Signal;
  readonly output: Signal;
  /** From the gradient at the output to that at the input. */
  readonly backward: Backward;
  /** Layers inside, in turn. */
  readonly inside: readonly Passed[];
}

export interface Journey {
  readonly passed: readonly Passed[];
  /** The layer that ended it, and why; null where all were passed. */
  readonly stopped: Stop | null;
}

interface Stop {
  readonly layer: string;
  readonly reason: string;
  /** Of its output, where float32 cannot hold that. */
  readonly overflow?: number;
}

/** Where values overflow, what follows is Infinity and NaN, of which the theory knows nothing. */
export function overflowOf({ name }: PlacedLayer, output: Signal): Stop | null {
  const rms = largestRms(output);
  if (rms <= MAX_FLOAT32) return null;
  const overflow = Number.isNaN(rms) ? Number.POSITIVE_INFINITY : rms;
  return { layer: name, reason: 'its output overflows: float32 ends at 3.4e38', overflow };
}

/** The gradient back through layers, from the last to the first; tells every output on the way. */
export function backThrough(passed: readonly Passed[], gradient: Gradient, visitor: Visitor): Gradient {
  return passed.reduceRight((here, { layer, output, backward }) => {
    visitor.output(layer.name, wholeOf(here, output));
    return backward(here, visitor);
  }, gradient);
}

/** The layer's affine part; of layers without one the identity. */
export const transferOf = (
  { name, part }: PlacedLayer,
  input: Signal,
  { moments }: Surroundings,
): Transfer | NotReached => part.theory(input, { layer: name, moments: (tensor) => moments(name, tensor) });

interface Skip {
  readonly gram: Float64Array;
  readonly mean: Float64Array;
  readonly backward: (gradient: Gradient) => Gradient;
}

const sameShape = (a: Signal, b: Signal) => a.shape.join() === b.shape.join();

/** The input as it is, or through the projection's random kernel [in, out] (of images a 1×1 convolution). */
function skipOf(
  layer: PlacedLayer,
  input: Signal,
  body: Signal,
  { moments }: Surroundings,
): Skip | NotReached {
  if (sameShape(input, body)) return { ...input, backward: (gradient) => gradient };
  const kernel = moments(layer.name, 'projection/kernel');
  if (kernel === null || kernel.unit_variance)
    return { reason: 'the variance of its projection is not known' };
  const image = input.shape.length === 3;
  const featuresOf = ({ shape }: Signal) => (image ? shape[0] : shape.at(-1)) ?? 1;
  const [from, to] = [featuresOf(input), featuresOf(body)];
  // With a stride only some positions are read.
  const read = sizeOf(body.shape) / to / (sizeOf(input.shape) / from);
  return {
    gram: scaled(input.gram, from * kernel.variance),
    mean: new Float64Array(input.samples),
    backward: ({ covariance, radial }) => ({
      covariance: scaled(covariance, to * kernel.variance * read),
      radial: scaled(radial, from * kernel.variance),
    }),
  };
}

/**
 * x + f(x), f and x taken as independent but for their means (Yang & Schoenholz 2017, arXiv:1712.08969): moments add, and
 * so do those of the two gradients.
 */
function residual(layer: PlacedLayer, input: Signal, surroundings: Surroundings): Passed | Journey {
  const inner = travel(layer.body, input, surroundings);
  const body = inner.passed.at(-1)?.output;
  if (inner.stopped !== null || body === undefined) return inner;
  const skip = skipOf(layer, input, body, surroundings);
  if (isNotReached(skip))
    return { passed: inner.passed, stopped: { layer: layer.name, reason: skip.reason } };
  const { samples } = input;
  const gram = sum(skip.gram, body.gram).map((value, i) => {
    const [a, b] = [Math.floor(i / samples), i % samples];
    const cross = (x: number, y: number) => (skip.mean[x] as number) * (body.mean[y] as number);
    return value + cross(a, b) + cross(b, a);
  });
  const output = { ...body, gram, mean: sum(skip.mean, body.mean) };
  const backward: Backward = (gradient, visitor) => {
    // Of the part along x + f each summand gets that along itself; what is along the other one is random to it.
    const whole = wholeOf(gradient, output);
    const share = (summand: Signal): Gradient => {
      const own = alongValues(gradient.radial, summand);
      return { covariance: combined(whole, own, -1), radial: gradient.radial };
    };
    const direct = skip.backward(share({ ...output, gram: skip.gram }));
    const inward = backThrough(inner.passed, share(body), visitor);
    return {
      covariance: sum(direct.covariance, inward.covariance),
      radial: sum(direct.radial, inward.radial),
    };
  };
  return { layer, input, output, backward, inside: inner.passed };
}

function plain(layer: PlacedLayer, input: Signal, surroundings: Surroundings): Passed | NotReached {
  const transfer = transferOf(layer, input, surroundings);
  if (isNotReached(transfer)) return transfer;
  const activated = activate(transfer);
  return isNotReached(activated) ? activated : { layer, input, ...activated, inside: [] };
}

function pass(layer: PlacedLayer, input: Signal, surroundings: Surroundings): Passed | Journey {
  if (layer.type === 'residual') return residual(layer, input, surroundings);
  const result = plain(layer, input, surroundings);
  return isNotReached(result)
    ? { passed: [], stopped: { layer: layer.name, reason: result.reason } }
    : result;
}

export function travel(layers: readonly PlacedLayer[], input: Signal, surroundings: Surroundings): Journey {
  const passed: Passed[] = [];
  let signal = input;
  for (const layer of layers) {
    const result = pass(layer, signal, surroundings);
    if ('stopped' in result) return { passed: [...passed, ...result.passed], stopped: result.stopped };
    const stopped = overflowOf(layer, result.output);
    if (stopped !== null) return { passed: [...passed, ...result.inside], stopped };
    passed.push(result);
    signal = result.output;
  }
  return { passed, stopped: null };
}
