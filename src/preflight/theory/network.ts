/** @file The signal's way through layers, residual connections included, until a layer that the theory does not reach. */
import { BODY_INPUT, type PlacedLayer, type Source, sourceKey } from '../../network/index.ts';
import {
  activate,
  type Backward,
  type Gradient,
  isNotReached,
  largestRms,
  MAX_FLOAT32,
  type NotReached,
  type Signal,
  scaled,
  sizeOf,
  sum,
  sumJunction,
  type Transfer,
  type Visitor,
  type WeightMoments,
  wholeOf,
} from '../../network/propagation/index.ts';
import { present } from '../../util/assert.ts';

/** What is known of the weights at the start. */
export interface Surroundings {
  /** Moments of a parameter; null where it has none or they are not known. */
  moments(layer: string, tensor: string): WeightMoments | null;
}

/** A layer that a signal has passed. */
export interface Passed {
  readonly layer: PlacedLayer;
  readonly inputs: readonly Signal[];
  readonly output: Signal;
  /** From the gradient at the output to those at the inputs. */
  readonly backward: (gradient: Gradient, visitor: Visitor) => readonly Gradient[];
  /** Layers inside, in turn. */
  readonly inside: readonly Passed[];
}

/** A signal, and what made its numbers random: the last layers with weights on every way to it, or inputs. */
interface Arrived {
  readonly signal: Signal;
  readonly origins: ReadonlySet<string>;
}

/** By `sourceKey`. */
export type Arrivals = ReadonlyMap<string, Arrived>;

export interface Journey {
  readonly passed: readonly Passed[];
  /** What layers after these can take. */
  readonly arrivals: Arrivals;
  /** The layer that ended it, and why; null where all were passed. */
  readonly stopped: Stop | null;
}

type Stopped = Pick<Journey, 'passed' | 'stopped'>;

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

/** Gradients at the outputs of layers and at the inputs of a list, each the sum over all that use it. */
export class Gradients {
  readonly #found = new Map<string, Gradient>();

  add(sources: readonly Source[], gradients: readonly Gradient[]): this {
    sources.forEach((source, i) => {
      const [key, own] = [sourceKey(source), gradients[i] as Gradient];
      const known = this.#found.get(key);
      this.#found.set(
        key,
        known === undefined
          ? own
          : { covariance: sum(known.covariance, own.covariance), radial: sum(known.radial, own.radial) },
      );
    });
    return this;
  }

  at(source: Source): Gradient | undefined {
    return this.#found.get(sourceKey(source));
  }
}

/** The gradient back through the layers of a list, from the last to the first; tells every output on the way. */
export function backThrough(passed: readonly Passed[], gradients: Gradients, visitor: Visitor): Gradients {
  for (const { layer, output, backward } of passed.toReversed()) {
    const here = gradients.at({ layer: layer.name });
    if (here === undefined) continue;
    visitor.output(layer.name, wholeOf(here, output));
    gradients.add(layer.inputs, backward(here, visitor));
  }
  return gradients;
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
function residual(layer: PlacedLayer, input: Signal, surroundings: Surroundings): Passed | Stopped {
  const inside = { input: BODY_INPUT };
  const inner = travel(layer.body, arrivalsOf(new Map([[BODY_INPUT, input]])), surroundings);
  const last = inner.passed.at(-1);
  if (inner.stopped !== null || last === undefined) return inner;
  const body = last.output;
  const skip = skipOf(layer, input, body, surroundings);
  if (isNotReached(skip))
    return { passed: inner.passed, stopped: { layer: layer.name, reason: skip.reason } };
  const { output, backward } = sumJunction([{ ...body, gram: skip.gram, mean: skip.mean }, body], [1, 1]);
  return {
    layer,
    inputs: [input],
    output,
    backward(gradient, visitor) {
      const [direct, inward] = backward(gradient) as [Gradient, Gradient];
      const through = new Gradients().add([{ layer: last.layer.name }], [inward]);
      const atInput = backThrough(inner.passed, through, visitor).at(inside);
      const gradients = [skip.backward(direct), ...(atInput === undefined ? [] : [atInput])];
      return [
        present(
          new Gradients()
            .add(
              gradients.map(() => inside),
              gradients,
            )
            .at(inside),
        ),
      ];
    },
    inside: inner.passed,
  };
}

function plain(layer: PlacedLayer, input: Signal, surroundings: Surroundings): Passed | NotReached {
  const transfer = transferOf(layer, input, surroundings);
  if (isNotReached(transfer)) return transfer;
  const activated = activate(transfer);
  return isNotReached(activated) ? activated : passedOf(layer, input, activated);
}

/** A layer with one input and nothing inside. */
export const passedOf = (
  layer: PlacedLayer,
  input: Signal,
  { output, backward }: { readonly output: Signal; readonly backward: Backward },
): Passed => ({
  layer,
  inputs: [input],
  output,
  backward: (gradient, visitor) => [backward(gradient, visitor)],
  inside: [],
});

const areIndependent = (arrived: readonly Arrived[]): boolean =>
  arrived.every(({ origins }, i) =>
    arrived.slice(0, i).every((other) => [...origins].every((origin) => !other.origins.has(origin))),
  );

/** Random weights make what they give independent of what they got; every other layer hands that on. */
function originsOf(layer: PlacedLayer, arrived: readonly Arrived[]): ReadonlySet<string> {
  if (layer.part.family === 'product') return new Set([layer.name]);
  const all = new Set(arrived.flatMap(({ origins }) => [...origins]));
  return layer.body.length === 0 ? all : all.add(layer.name);
}

function joined(layer: PlacedLayer, arrived: readonly Arrived[]): Passed | NotReached {
  const inputs = arrived.map(({ signal }) => signal);
  const junction = layer.part.junction(inputs, areIndependent(arrived));
  if (junction === null) return { reason: `there is no theory of ${layer.type} on several inputs` };
  if (isNotReached(junction)) return junction;
  return { layer, inputs, output: junction.output, backward: junction.backward, inside: [] };
}

/** Weights that were used before are not independent of what comes to them; null where a layer has its own. */
export const reused = ({ name, weights }: PlacedLayer): NotReached | null =>
  weights === name
    ? null
    : { reason: `its weights are those of "${weights}": what comes of using them twice is not followed` };

function pass(layer: PlacedLayer, arrived: readonly Arrived[], surroundings: Surroundings): Passed | Stopped {
  const [{ signal }] = arrived as [Arrived];
  const again = reused(layer);
  if (again !== null) return { passed: [], stopped: { layer: layer.name, ...again } };
  if (layer.type === 'residual') return residual(layer, signal, surroundings);
  const result = arrived.length > 1 ? joined(layer, arrived) : plain(layer, signal, surroundings);
  return isNotReached(result)
    ? { passed: [], stopped: { layer: layer.name, reason: result.reason } }
    : result;
}

/** What the first layers of a list can take: its inputs, by name. */
export const arrivalsOf = (inputs: ReadonlyMap<string, Signal>): Arrivals =>
  new Map(
    [...inputs].map(([input, signal]) => {
      const key = sourceKey({ input });
      return [key, { signal, origins: new Set([key]) }];
    }),
  );

export function travel(layers: readonly PlacedLayer[], start: Arrivals, surroundings: Surroundings): Journey {
  const passed: Passed[] = [];
  const arrivals = new Map(start);
  for (const layer of layers) {
    const arrived = layer.inputs.map((source) => present(arrivals.get(sourceKey(source)), layer.name));
    const result = pass(layer, arrived, surroundings);
    if ('stopped' in result)
      return { passed: [...passed, ...result.passed], arrivals, stopped: result.stopped };
    const stopped = overflowOf(layer, result.output);
    if (stopped !== null) return { passed: [...passed, ...result.inside], arrivals, stopped };
    passed.push(result);
    arrivals.set(sourceKey({ layer: layer.name }), {
      signal: result.output,
      origins: originsOf(layer, arrived),
    });
  }
  return { passed, arrivals, stopped: null };
}
